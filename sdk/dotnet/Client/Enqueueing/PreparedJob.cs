using System.Text.Json;
using JobSystem.Api;

namespace JobSystem.Client.Enqueueing;

/// <summary>A job as it goes into a batch. It is written once, so that a repeated request has the same bytes.</summary>
sealed record PreparedJob(byte[] Json, string IdempotencyKey, string? JobId)
{
    /// <param name="request">What to enqueue; without an idempotency key it gets one of its own.</param>
    public static PreparedJob Create(CreateJobRequest request)
    {
        var key = request.IdempotencyKey ?? NewKey();
        return new(JsonSerializer.SerializeToUtf8Bytes(request with { IdempotencyKey = key }, ApiRequestJson.Default.CreateJobRequest), key, request.JobId);
    }

    /// <summary>A key that makes one call repeatable.</summary>
    public static string NewKey() => Guid.CreateVersion7().ToString("N");
}
