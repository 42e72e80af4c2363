using JobSystem.Api;
using JobSystem.Client.Enqueueing;

namespace JobSystem.Client.EntityFrameworkCore.Enqueueing;

/// <summary>Finds what JobSystem would refuse whatever its settings are, so that the caller hears of it and not the relay.</summary>
static class RequestCheck
{
    const int QueueLength = 64;

    /// <summary>JobSystem has a limit of its own, of ten years unless set; beyond this one there may be no such time.</summary>
    static readonly TimeSpan furthest = TimeSpan.FromDays(36525);

    /// <exception cref="JobRefusedException">The job is not valid.</exception>
    public static void Check(CreateJobRequest job)
    {
        if (!IsName(job.TaskName, OutboxModel.MaxNameLength, colon: true))
        {
            Refuse("task_name", $"expected the name of a task, 1 to {OutboxModel.MaxNameLength} letters, digits, '.', '_', ':' or '-'; got \"{job.TaskName}\"");
        }
        if (job.QueueName is { } queue && !IsName(queue, QueueLength, colon: false))
        {
            Refuse("queue_name", $"expected the name of a queue, 1 to {QueueLength} letters, digits, '.', '_' or '-'; got \"{queue}\"");
        }
        if (job.JobId is { } id && !IsName(id, OutboxModel.MaxNameLength, colon: true))
        {
            Refuse("job_id", $"expected 1 to {OutboxModel.MaxNameLength} letters, digits, '.', '_', ':' or '-'; got \"{id}\"");
        }
        if (job.IdempotencyKey is { } key)
        {
            Refuse("idempotency_key", $"expected nothing, because a job in an outbox has its id as the key: give it an id instead; got \"{key}\"");
        }
        if (job.Delay is not null && (job.ScheduledAt ?? job.RunAt) is not null)
        {
            Refuse("delay", "expected only one of delay, scheduled_at and run_at");
        }
        if (job.ExpiresIn is not null && job.ExpiresAt is not null)
        {
            Refuse("expires_in", "expected only one of expires_in and expires_at");
        }
        CheckTime("delay", job.Delay, zero: true);
        CheckTime("expires_in", job.ExpiresIn, zero: false);
    }

    /// <exception cref="JobRefusedException">No request would take it.</exception>
    public static void CheckSize(PreparedJob job)
    {
        if (job.Json.Length > JobBatches.MaxBytes)
        {
            Refuse("job", $"expected at most {JobBatches.MaxBytes} bytes of JSON; got {job.Json.Length} bytes");
        }
    }

    static void CheckTime(string field, double? seconds, bool zero)
    {
        if (seconds is { } value && !(value <= furthest.TotalSeconds && (zero ? value >= 0 : value > 0)))
        {
            Refuse(field, FormattableString.Invariant($"expected {(zero ? "0" : "more than 0")} to {furthest.TotalSeconds} seconds; got {value}"));
        }
    }

    static void Refuse(string field, string message) =>
        throw new JobRefusedException($"The job is not valid: {field}: {message}", "validation_failed")
        {
            Errors = new Dictionary<string, IReadOnlyList<string>> { [field] = [message] },
        };

    static bool IsName(string? name, int maxLength, bool colon) =>
        name is { Length: > 0 } && name.Length <= maxLength && name is not ("." or "..")
        && name.All(x => char.IsAsciiLetterOrDigit(x) || x is '.' or '_' or '-' || (colon && x == ':'));
}
