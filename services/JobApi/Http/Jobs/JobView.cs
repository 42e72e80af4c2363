using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>A job as the API shows it. Stored JSON (args, kwargs, metadata, result) goes out as the text that it is.</summary>
public static class JobView
{
    /// <summary>Ids need no escaping: see <see cref="JobIds"/>.</summary>
    public static string Path(string jobId) => $"/api/v1/jobs/{jobId}";

    public static void Write(Utf8JsonWriter json, JobState job) => JsonSerializer.Serialize(json, ToRecord(job), ApiJson.Default.Job);

    public static Job ToRecord(JobState job)
    {
        var id = job.JobId;
        return new()
        {
            Id = id,
            TaskName = job.TaskName,
            Args = job.Args is { } args ? new(args) : RawJson.EmptyArray,
            Kwargs = job.Kwargs is { } kwargs ? new(kwargs) : RawJson.EmptyObject,
            QueueName = job.QueueName,
            Priority = Priority.FromLevel(job.Priority),
            Status = job.CurrentState,
            ScheduledAt = job.ScheduledAt,
            CreatedAt = job.CreatedAt,
            StartedAt = job.StartedAt,
            CompletedAt = job.CompletedAt,
            Result = new(job.Result ?? (job.CurrentState == JobStatus.Running ? job.Children : null)),
            Error = ToError(job.Error),
            RetryCount = job.RetryCount,
            MaxRetries = job.MaxRetries,
            RetryDelay = job.RetryDelay,
            Tags = job.Tags ?? [],
            Metadata = job.Metadata is { } metadata ? new(metadata) : RawJson.EmptyObject,
            WorkerId = job.WorkerId,
            Timeout = job.TimeoutSeconds,
            Version = job.TaskVersion,
            Duration = job.CompletedAt - job.StartedAt is { } duration ? Math.Max(0, duration.TotalSeconds) : null,
            Title = job.Title,
            Description = job.Description,
            Owner = job.Owner,
            Attempt = job.Attempt,
            Progress = job.Progress,
            ProgressMessage = job.ProgressMessage,
            IdempotencyKey = job.IdempotencyKey,
            ExpiresAt = job.ExpiresAt,
            CancelRequestedAt = job.CancelRequestedAt,
            CancelReason = job.CancelReason,
            ParentId = job.ParentKey ?? job.ParentId?.ToString(),
            ScheduleId = job.ScheduleId,
            Broadcast = job.IsBroadcast,
            PinnedTo = job.PinnedTo,
            UpdatedAt = job.UpdatedAt,
            EventsUrl = $"{Path(id)}/events",
        };
    }

    static JobError? ToError(string? stored) => stored is not null && JsonSerializer.Deserialize<AttemptError>(stored) is { } error
        ? new() { Type = error.Type, Message = error.Message, Stack = error.Stack, Attempt = error.Attempt, At = error.At }
        : null;
}
