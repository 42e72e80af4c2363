using JobSystem.Api;

namespace JobSystem.Testing;

/// <summary>Ids of the jobs that tasks have enqueued: the same idempotency key or job id is the same job, also in another attempt.</summary>
sealed class EnqueuedIds
{
    readonly Lock sync = new();
    readonly Dictionary<string, string> byKey = [];

    public (string Id, bool IsNew) Add(CreateJobRequest job)
    {
        var key = job.IdempotencyKey is { } given ? $"key {given}" : job.JobId is { } chosen ? $"id {chosen}" : null;
        lock (sync)
        {
            if (key is not null && byKey.TryGetValue(key, out var existing))
            {
                return (existing, false);
            }
            var id = job.JobId ?? Guid.CreateVersion7().ToString();
            if (key is not null)
            {
                byKey.Add(key, id);
            }
            return (id, true);
        }
    }
}
