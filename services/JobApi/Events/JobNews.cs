using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Events;

/// <summary>The events of a job that are published after a commit, without payloads, because many may wait in memory during a broker outage.</summary>
/// <param name="Singles">One message per step, if <c>JOBSYSTEM_EVENTS</c> is <c>each</c>.</param>
/// <param name="Bytes">Approximate size in memory.</param>
sealed record JobNews(IReadOnlyList<JobEvent> Steps, string? ScheduleId, IReadOnlyList<object> Singles, long Bytes)
{
    public static JobNews From(JobState job, bool each)
    {
        List<object> singles = each ? [.. job.NewSteps.Select(step => Single(job, step)).OfType<object>()] : [];
        // A message about a single step may contain the result or the error
        return new(job.NewSteps, job.ScheduleId, singles, MemorySize.Bytes(job.NewSteps) + (each ? job.Bytes() : 0));
    }

    static object? Single(JobState job, JobEvent step) => step.Event switch
    {
        "created" => new JobSubmitted { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, ScheduledAt = job.ScheduledAt },
        JobStatus.Running => new JobStarted { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId },
        "progress" => new JobProgressed { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Progress = job.Progress, Message = job.ProgressMessage },
        JobStatus.Retrying => new JobRetrying { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, DueAt = job.NotBefore ?? step.At, Error = Error(job) },
        JobStatus.Completed => new JobCompleted { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Result = Parse<JsonElement?>(job.Result), Duration = step.RunSeconds },
        JobStatus.Failed => new JobFailed { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Error = Error(job) },
        JobStatus.Timeout => new JobTimedOut { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Error = Error(job) },
        JobStatus.Cancelled => new JobCancelled { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Reason = job.CancelReason },
        JobStatus.Expired => new JobExpired { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At },
        _ => null,
    };

    static AttemptError? Error(JobState job) => Parse<AttemptError>(job.Error);

    static T? Parse<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json);
}
