using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;

namespace JobSystem.Lifecycle.Tests;

/// <summary>One thing that happens to the job in a random trace.</summary>
abstract record Step
{
    public sealed record Claim(int Worker) : Step;
    public sealed record Report(string Word, int Worker, int Offset, bool Retryable) : Step;
    public sealed record Cancel : Step;
    public sealed record ForceComplete : Step;
    public sealed record Retry(int Delay) : Step;
    public sealed record Disprove(int Offset) : Step;
    public sealed record Wait(int Seconds) : Step;
    public sealed record Tick : Step;
    public sealed record Pause(bool IsPaused) : Step;
}

/// <summary>What a job should do, in plain words and without a database: the oracle of the random traces.</summary>
sealed class LifecycleModel(JobState job, LifecycleOptions options)
{
    public string State { get; private set; } = JobStatus.Pending;
    public int Attempt { get; private set; }
    public string? Worker { get; private set; }
    public int Retries { get; private set; }
    public int Terminals { get; private set; }
    public int Restarts { get; private set; }
    public int FreeAttempts { get; private set; }

    /// <summary>The attempt whose report completed the job; null if none did.</summary>
    public int? CompletedBy { get; private set; }
    public DateTimeOffset? NotBefore { get; set; }

    /// <summary>Since when it waits, or from when on it will. A rescue and a hand-over keep its place.</summary>
    public DateTimeOffset ReadyAt { get; set; } = job.ReadyAt;

    /// <summary>The job's queue is paused.</summary>
    public bool IsPaused { get; set; }
    DateTimeOffset? expiresAt = job.ExpiresAt;
    DateTimeOffset? reservedAt, leaseUntil, startedAt, cancelAt;
    int lostAttempt;

    /// <summary>Losses in a row whose workers were not heard of again.</summary>
    public int Lost { get; private set; }

    bool Held => State is JobStatus.Reserved or JobStatus.Running;
    bool Waits => State is JobStatus.Pending or JobStatus.Retrying;
    bool Final => JobStatus.IsFinal(State);

    public bool Claim(string worker, DateTimeOffset now)
    {
        if (State != JobStatus.Pending || NotBefore is not null || expiresAt <= now || IsPaused)
        {
            return false;
        }
        (State, Attempt, Worker, reservedAt, leaseUntil, startedAt) = (JobStatus.Reserved, Attempt + 1, worker, now, now + options.Lease, null);
        return true;
    }

    /// <summary>True when the report counts; false when it must change nothing.</summary>
    public bool Report(string word, string worker, int attempt, bool retryable, DateTimeOffset told, DateTimeOffset now)
    {
        if (!Held || attempt != Attempt || worker != Worker)
        {
            Disprove(attempt);
            return false;
        }
        switch (word)
        {
            case AttemptStep.Started:
                Start(told, now);
                State = JobStatus.Running;
                break;
            case AttemptStep.Completed:
                CompletedBy = attempt;
                End(JobStatus.Completed);
                break;
            case AttemptStep.Failed or AttemptStep.TimedOut:
                Start(told, now);
                Lost = 0;
                EndOrRetry(word == AttemptStep.Failed ? JobStatus.Failed : JobStatus.Timeout, retryable);
                break;
            case AttemptStep.Cancelled:
                End(JobStatus.Cancelled);
                break;
            case AttemptStep.Snoozed or AttemptStep.Released when cancelAt is not null:
                End(JobStatus.Cancelled);
                break;
            case AttemptStep.Snoozed:
                Lost = 0;
                FreeAttempts++;
                (State, NotBefore, ReadyAt) = (JobStatus.Pending, now.AddSeconds(5), now.AddSeconds(5));
                break;
            case AttemptStep.Released:
                FreeAttempts++;
                (State, NotBefore) = (JobStatus.Pending, null);
                break;
        }
        return true;
    }

    public bool Cancel(DateTimeOffset now)
    {
        if (Final)
        {
            return false;
        }
        if (Waits)
        {
            End(JobStatus.Cancelled);
            return true;
        }
        cancelAt ??= now;
        return true;
    }

    public bool ForceComplete()
    {
        if (Final)
        {
            return false;
        }
        End(JobStatus.Completed);
        return true;
    }

    public bool Retry(int delay, DateTimeOffset now)
    {
        if (!Final || State == JobStatus.Completed)
        {
            return false;
        }
        Restarts++;
        (State, Retries, Lost, cancelAt, startedAt, Worker) = (JobStatus.Pending, 0, 0, null, null, null);
        NotBefore = delay > 0 ? now.AddSeconds(delay) : null;
        ReadyAt = now.AddSeconds(delay);
        expiresAt = expiresAt <= now ? null : expiresAt;
        return true;
    }

    public void Timer(DateTimeOffset now)
    {
        if (Waits && expiresAt <= now)
        {
            End(JobStatus.Expired);
        }
        else if (State == JobStatus.Retrying && NotBefore <= now)
        {
            (State, NotBefore) = (JobStatus.Pending, null);
        }
        else if (State == JobStatus.Pending && NotBefore <= now)
        {
            NotBefore = null;
        }
        else if (Held && cancelAt + options.CancelGrace <= now)
        {
            End(JobStatus.Cancelled);
        }
        else if (Held && leaseUntil <= now)
        {
            LoseWorker();
        }
        else if (Held && startedAt + TimeSpan.FromSeconds(job.TimeoutSeconds) + options.DeadlineSlack <= now)
        {
            (Lost, lostAttempt) = (0, Attempt);
            EndOrRetry(JobStatus.Timeout, retryable: true);
        }
    }

    /// <summary>The worker of an attempt that was written off is heard of again.</summary>
    public void Disprove(int attempt)
    {
        if (!Final && Lost > 0 && attempt == lostAttempt)
        {
            (Lost, lostAttempt) = (Lost - 1, 0);
        }
    }

    /// <summary>A time that cannot be says nothing.</summary>
    void Start(DateTimeOffset told, DateTimeOffset now) => startedAt ??= told < reservedAt || told > now ? now : told;

    void LoseWorker()
    {
        // After a first loss, workers report the start before the task runs
        var mayBeTheCause = Lost == 0 || startedAt is not null;
        Lost += mayBeTheCause ? 1 : 0;
        lostAttempt = Attempt;
        if (cancelAt is not null)
        {
            End(JobStatus.Cancelled);
        }
        else if (mayBeTheCause && Lost >= options.PoisonStarts)
        {
            End(JobStatus.Failed);
        }
        else
        {
            FreeAttempts++;
            (State, NotBefore) = (JobStatus.Pending, null);
        }
    }

    void EndOrRetry(string final, bool retryable)
    {
        if (cancelAt is not null)
        {
            End(JobStatus.Cancelled);
        }
        else if (retryable && Retries < job.MaxRetries)
        {
            Retries++;
            State = JobStatus.Retrying;
        }
        else
        {
            End(final);
        }
    }

    void End(string final)
    {
        (State, NotBefore) = (final, null);
        Terminals++;
        if (final == JobStatus.Completed)
        {
            Lost = 0;
        }
    }
}
