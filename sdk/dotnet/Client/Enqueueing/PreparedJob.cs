using System.Text.Json;
using JobSystem.Api;

namespace JobSystem.Client.Enqueueing;

/// <summary>A job as it goes into a batch. It is written once, so that a repeated request has the same bytes.</summary>
sealed record PreparedJob(byte[] Json, string IdempotencyKey, string? JobId)
{
    public static PreparedJob Create(CreateJobRequest request) => new(
        JsonSerializer.SerializeToUtf8Bytes(request, ApiRequestJson.Default.CreateJobRequest), request.IdempotencyKey!, request.JobId);
}
