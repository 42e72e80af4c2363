using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.Worker.Transport;

namespace JobSystem.Worker.Http;

/// <summary>The worker's messages as records of the HTTP API.</summary>
static class HttpMessages
{
    const double MostSeconds = 3653 * 86_400d;

    public static CreateWorkerSessionRequest ToRequest(WorkerIdentity identity, JobWorkerOptions options, IEnumerable<AnnouncedTask> tasks) => new()
    {
        Name = identity.PlainName,
        Host = Environment.MachineName,
        Version = identity.Version,
        Queues = options.Queues.Count > 0 ? options.Queues : null,
        Slots = options.Slots,
        Tasks = [.. tasks.Select(x => new OfferedTask
        {
            Name = x.Name,
            Version = x.Version,
            Description = x.Description,
            Queue = x.Queue,
            MaxRetries = x.MaxRetries,
            RetryDelay = x.RetryDelay,
            Timeout = x.Timeout,
            IsAsync = x.IsAsync,
            Parameters = x.Parameters is { } parameters ? RawJson.From(parameters) : null,
        })],
    };

    public static SessionHeartbeatRequest ToRequest(WorkerHeartbeat heartbeat, TimeSpan hold, IReadOnlyList<SessionCommandOutcome> outcomes) => new()
    {
        Status = heartbeat.Status is "paused" or "draining" ? heartbeat.Status : "running",
        Attempts = [.. heartbeat.Attempts.Select(x => new SessionAttempt { JobId = x.JobId, Attempt = x.Attempt })],
        Processed = heartbeat.Processed,
        Failed = heartbeat.Failed,
        Wait = hold.TotalSeconds,
        Outcomes = outcomes.Count > 0 ? outcomes : null,
    };

    public static GrantedAttempt ToGrant(ClaimedAttempt attempt, TimeSpan lease) => new()
    {
        JobId = attempt.JobId,
        Key = attempt.Key,
        Attempt = attempt.Attempt,
        TaskName = attempt.TaskName,
        Version = attempt.Version,
        QueueName = attempt.QueueName,
        Priority = Priority.ToLevel(attempt.Priority),
        ReadyAt = attempt.ReadyAt,
        Args = attempt.Args.Parse(),
        Kwargs = attempt.Kwargs.Parse(),
        Metadata = attempt.Metadata.Parse(),
        Timeout = attempt.Timeout,
        MaxRetries = attempt.MaxRetries,
        RetryCount = attempt.RetryCount,
        LostCount = attempt.LostCount,
        Owner = attempt.Owner,
        CreatedAt = attempt.CreatedAt,
        GrantedAt = attempt.GrantedAt,
        Lease = lease.TotalSeconds,
        Traceparent = attempt.Traceparent,
        Tags = attempt.Tags,
        ScheduledAt = attempt.ScheduledAt,
        ScheduleId = attempt.ScheduleId,
        ParentId = attempt.ParentId,
        IdempotencyKey = attempt.IdempotencyKey,
    };

    public static AttemptControl ToControl(AttemptNotice notice) => new() { JobId = notice.JobId, Attempt = notice.Attempt, Reason = notice.Reason };

    public static ReportedStep ToStep(AttemptReport report, string secret) => new()
    {
        JobId = report.JobId,
        Attempt = report.Attempt,
        Secret = secret,
        Step = report.Step,
        StartedAt = report.StartedAt,
        FinishedAt = report.FinishedAt,
        Result = report.Result is { } result ? RawJson.From(result) : null,
        Error = report.Error is { } error ? new() { Type = error.Type, Message = error.Message, Stack = error.Stack } : null,
        RetryAfter = report.RetryAfter is { } delay ? double.IsFinite(delay) ? Math.Clamp(delay, 0, MostSeconds) : 0 : null,
        Retryable = report.Retryable,
        Progress = report.Progress is { } percent && double.IsFinite(percent) ? Math.Clamp(percent, 0, 100) : null,
        Message = report.Message,
        Logs = report.Logs is { } lines ? [.. lines.Select(ToLine)] : null,
        FollowUps = report.FollowUps is { } jobs ? [.. jobs.Select(x => x.Deserialize(ApiRequestJson.Default.CreateJobRequest)!)] : null,
        Traceparent = report.Traceparent,
    };

    public static EnqueueFromAttemptRequest ToRequest(EnqueueJob job, string secret) => new()
    {
        JobId = job.JobId,
        Attempt = job.Attempt,
        Secret = secret,
        Job = job.Job.Deserialize(ApiRequestJson.Default.CreateJobRequest)!,
        Traceparent = job.Traceparent,
    };

    /// <summary>What is reported instead of an end that the server cannot read; null for a step that is no end.</summary>
    public static ReportedStep? Failed(ReportedStep step, string reason) => step.Step is AttemptStep.Started or AttemptStep.Progress ? null : new()
    {
        JobId = step.JobId,
        Attempt = step.Attempt,
        Secret = step.Secret,
        Step = AttemptStep.Failed,
        Retryable = false,
        Error = new() { Type = "unstorable_report", Message = $"The attempt's '{step.Step}' report could not be stored: {reason}" },
    };

    static ReportedLine ToLine(AttemptLogLine line) => new()
    {
        At = line.At,
        Level = line.Level,
        Message = line.Message,
        Line = line.Line,
        Fields = line.Fields is { ValueKind: JsonValueKind.Object } fields ? RawJson.From(fields) : null,
    };
}
