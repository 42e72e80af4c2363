using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.History;
using JobSystem.JobApi.Storage;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Building blocks of the activities; each changes one aspect of the row.</summary>
public static class JobStateChanges
{
    /// <summary>Stored JSON is returned unchanged, so its times need the API's format.</summary>
    static readonly JsonSerializerOptions json = new() { Converters = { new UtcTimeConverter() } };

    public static Decision Decision(this BehaviorContext<JobState> c) => c.GetPayload<Decision>();

    public static DateTimeOffset Now(this BehaviorContext<JobState> c) => c.Decision().Now;

    /// <summary>Records a step in the row's history, and publishes it after the commit.</summary>
    public static void Step(this BehaviorContext<JobState> c, string word, DateTimeOffset at, object? details = null)
    {
        c.Saga.Changed = true;
        c.Saga.NewSteps.Add(c.Saga.ToEvent(word, at, details is null ? null : JsonSerializer.SerializeToElement(details, json)));
    }

    public static JobEvent ToEvent(this JobState job, string word, DateTimeOffset at, JsonElement? details = null) => new()
    {
        JobId = job.JobId,
        Event = word,
        At = at,
        Attempt = job.Attempt,
        WorkerId = job.WorkerId,
        TaskName = job.TaskName,
        QueueName = job.QueueName,
        Priority = Priority.FromLevel(job.Priority),
        Owner = job.Owner,
        WaitSeconds = word == JobStatus.Running ? (at - job.FirstReadyAt).TotalSeconds : null,
        RunSeconds = JobStatus.IsFinal(word) && job.StartedAt is { } started ? (at - started).TotalSeconds : null,
        Details = details,
    };

    /// <summary>
    /// Sets the timer. An earlier one that is still to come is kept: it costs a look at the row, but leaves the index alone,
    /// and almost every job ends before it.
    /// </summary>
    public static void Arm(this BehaviorContext<JobState> c, DateTimeOffset? at)
    {
        var job = c.Saga;
        if (at is not null && job.DueAt > c.Now() && job.DueAt <= at)
        {
            return;
        }
        if (job.DueAt != at)
        {
            job.DueAt = at;
            job.Changed = true;
        }
    }

    public static void ArmWaiting(this BehaviorContext<JobState> c, DateTimeOffset? at) => c.Arm(Earlier(at, c.Saga.ExpiresAt));

    public static void ArmHeld(this BehaviorContext<JobState> c)
    {
        if (c.Saga.IsBroadcast)
        {
            // No worker holds a broadcast; its children have their own timers
            c.Arm(c.Now() + c.Decision().Options.DispatchCheck);
            return;
        }
        c.Arm(Earlier(Earlier(c.LeaseEnd(), c.GraceEnd()), c.Backstop()));
    }

    /// <summary>When the lease ends, unless it is renewed.</summary>
    public static DateTimeOffset? LeaseEnd(this BehaviorContext<JobState> c)
    {
        var lease = c.Decision().Options.Lease;
        return c.After(c.Saga.LeaseUntil - lease, lease);
    }

    /// <summary>When a task that was asked to stop is written off.</summary>
    public static DateTimeOffset? GraceEnd(this BehaviorContext<JobState> c) => c.After(c.Saga.CancelRequestedAt, c.Decision().Options.CancelGrace);

    /// <summary>When JobApi ends an attempt whose worker does not enforce the time limit.</summary>
    public static DateTimeOffset? Backstop(this BehaviorContext<JobState> c) =>
        c.After(c.Saga.StartedAt, TimeSpan.FromSeconds(c.Saga.TimeoutSeconds) + c.Decision().Options.DeadlineSlack);

    /// <summary>The time at which a duration has passed since a moment, not counting uncounted times.</summary>
    static DateTimeOffset? After(this BehaviorContext<JobState> c, DateTimeOffset? moment, TimeSpan time) =>
        moment is { } since ? since + time + c.Decision().UncountedSince(since) : null;

    static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a < b ? a : b;

    public static void PublishTicket(this BehaviorContext<JobState> c)
    {
        c.Saga.NotBefore = null;
        c.Saga.DispatchedAt = null;
        if (c.Saga.PinnedTo is null)
        {
            c.Step("dispatched", c.Now());
        }
        // Tickets of pinned jobs are sent repeatedly until claimed; only one step is recorded
        c.Saga.Changed = true;
        c.ArmWaiting(c.Now() + c.Decision().Options.DispatchCheck);
        c.Decision().Dispatch = true;
    }

    public static void WaitUntil(this BehaviorContext<JobState> c, DateTimeOffset? moment)
    {
        c.Saga.NotBefore = moment;
        c.Saga.ReadyAt = moment ?? c.Saga.ReadyAt;
        c.Saga.LeaseUntil = null;
        c.Saga.DispatchedAt = null;
        c.Saga.Changed = true;
        c.ArmWaiting(moment);
    }

    public static void PlanRetry(this BehaviorContext<JobState> c)
    {
        var job = c.Saga;
        job.RetryCount++;
        var delay = c.Message<IFromAttempt>()?.Report.RetryAfter is { } chosen
            ? TimeSpan.FromSeconds(Math.Max(0, chosen))
            : RetryBackoff.Delay(job.RetryDelay, job.RetryCount, c.Decision().Options.MaxRetryDelaySeconds);
        c.WaitUntil(c.Now() + delay);
        c.Step("retrying", c.Now(), new { due_at = job.NotBefore, delay = delay.TotalSeconds, retry = job.RetryCount, error = job.LastError() });
    }

    public static void MarkStarted(this BehaviorContext<JobState> c, AttemptReport report)
    {
        if (c.Saga.StartedAt is not null || report.StartedAt is not { } startedAt)
        {
            return;
        }
        c.Saga.StartedAt = c.Bounded(startedAt, c.Saga.ReadyAt);
        c.Step(JobStatus.Running, c.Saga.StartedAt.Value);
    }

    /// <summary>Stores the log lines and progress of a report.</summary>
    public static void KeepNews(this BehaviorContext<JobState> c, AttemptReport report)
    {
        c.KeepLogs(report);
        if (report.Progress is { } percent)
        {
            c.MoveTo(percent, report.Message);
        }
    }

    public static void KeepLogs(this BehaviorContext<JobState> c, AttemptReport report)
    {
        if (report.Logs is not { Count: > 0 } lines)
        {
            return;
        }
        c.Saga.Changed = true;
        foreach (var line in lines)
        {
            c.Saga.NewLogs.Add(new(c.Saga.CorrelationId, report.Attempt, line.At, line.Level, line.Message, line.Line, line.Fields?.GetRawText()));
        }
    }

    public static void MoveTo(this BehaviorContext<JobState> c, double percent, string? message)
    {
        c.Saga.Progress = percent;
        c.Saga.ProgressMessage = message;
        c.Step(ProgressCurve.Step, c.Now(), message is null ? new { progress = percent } : new { progress = percent, message });
        c.Saga.ProgressCurve = ProgressCurve.Append(c.Saga.ProgressCurve, c.Saga.NewSteps[^1], c.Saga.Version + 1);
    }

    public static void KeepError(this BehaviorContext<JobState> c, AttemptError? error)
    {
        if (error is not null)
        {
            var at = error.At == default ? c.Now() : c.Bounded(error.At, c.Saga.StartedAt);
            c.Saga.Error = JsonSerializer.Serialize(error with { Attempt = c.Saga.Attempt, At = at }, json);
            c.Saga.Changed = true;
        }
    }

    static JsonElement? LastError(this JobState job) => job.Error is null ? null : JsonSerializer.Deserialize<JsonElement>(job.Error);

    /// <summary>Writes off the current attempt: its later reports will be refused.</summary>
    public static void WriteOff(this BehaviorContext<JobState> c)
    {
        c.Saga.LostAttempt = c.Saga.Attempt;
        c.Saga.LeaseUntil = null;
        c.Saga.Changed = true;
    }

    /// <summary>Uncounts a loss once. The attempt stays written off.</summary>
    /// <returns>True when this loss was counted until now.</returns>
    public static bool UncountLoss(this BehaviorContext<JobState> c, int attempt)
    {
        if (c.Saga.LostCount == 0 || c.Saga.LostAttempt != attempt)
        {
            return false;
        }
        c.Saga.LostCount--;
        c.Saga.LostAttempt = 0;
        c.Saga.Changed = true;
        return true;
    }

    public static void WriteOffOverdue(this BehaviorContext<JobState> c)
    {
        c.WriteOff();
        c.Saga.LostCount = 0;
        c.Decision().TellWorker = true;
        c.KeepError(new()
        {
            Type = "timeout",
            Message = $"The attempt ran longer than its limit of {c.Saga.TimeoutSeconds} s and its worker did not report that.",
        });
    }

    public static void RunElsewhere(this BehaviorContext<JobState> c)
    {
        c.Saga.LostCount++;
        c.Step("lease_lost", c.Now(), new { worker_id = c.Saga.WorkerId, times = c.Saga.LostCount });
        c.WaitUntil(null);
        c.PublishTicket();
    }

    public static void FailAsPoison(this BehaviorContext<JobState> c)
    {
        c.Saga.LostCount++;
        c.Step("lease_lost", c.Now(), new { worker_id = c.Saga.WorkerId, times = c.Saga.LostCount });
        c.KeepError(new()
        {
            Type = "worker_lost",
            Message = $"The worker vanished {c.Saga.LostCount} times in a row while it had this job; it is not started again.",
        });
        c.Finish(JobStatus.Failed, c.Now());
    }

    public static DateTimeOffset EndTime(this BehaviorContext<JobState> c) =>
        c.Message<IFromAttempt>()?.Report.FinishedAt is { } at ? c.Bounded(at, c.Saga.StartedAt ?? c.Saga.ReadyAt) : c.Now();

    /// <summary>
    /// A worker that does not go by <see cref="GrantedAttempt.GrantedAt"/> may tell any time. One that cannot be, as it is before what came before
    /// it or after now, says nothing: it is now.
    /// </summary>
    static DateTimeOffset Bounded(this BehaviorContext<JobState> c, DateTimeOffset told, DateTimeOffset? earliest) =>
        told < earliest || told > c.Now() ? c.Now() : told;

    /// <summary>Called for every transition to a final state.</summary>
    public static void Finish(this BehaviorContext<JobState> c, string status, DateTimeOffset at, object? details = null)
    {
        var job = c.Saga;
        job.CompletedAt = at;
        job.DispatchedAt = job.DispatchedAt == JobState.Parked ? null : job.DispatchedAt;
        job.Outcome = status == JobStatus.Completed ? null : status;
        job.Fingerprint = status is JobStatus.Failed or JobStatus.Timeout ? FailureFingerprint.Of(job.TaskName, status, job.Error) : null;
        job.LeaseUntil = null;
        job.NotBefore = null;
        job.DueAt = null;
        c.Step(status, at, details ?? (job.Error is null ? null : new { error = job.LastError() }));
    }

    static T? Message<T>(this BehaviorContext<JobState> c) where T : class =>
        c.TryGetPayload<IAboutJob>(out var message) ? message as T : null;
}
