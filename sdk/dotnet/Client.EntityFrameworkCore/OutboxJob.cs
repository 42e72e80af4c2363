namespace JobSystem.Client.EntityFrameworkCore;

/// <summary>A job in the outbox: a row of the application's own database. <see cref="DbContextJobs"/> makes it, and the relay posts it.</summary>
public class OutboxJob
{
    /// <summary>For EF Core.</summary>
    protected OutboxJob()
    {
    }

    internal OutboxJob(string jobId, string taskName, string request, int size, DateTime enqueuedAt, string? traceParent) =>
        (JobId, TaskName, Request, Size, EnqueuedAt, TraceParent) = (jobId, taskName, request, size, enqueuedAt, traceParent);

    /// <summary>The row's place, which the database gives it when it is inserted. Jobs are posted in this order.</summary>
    public long Position { get; private set; }

    /// <summary>Id of the job, and its idempotency key: however often the row is posted, the job is there once.</summary>
    public string JobId { get; private set; } = "";

    /// <summary>Name of the task.</summary>
    public string TaskName { get; private set; } = "";

    /// <summary>What is posted: JSON.</summary>
    public string Request { get; private set; } = "";

    /// <summary>Size of <see cref="Request"/> in bytes.</summary>
    public int Size { get; private set; }

    /// <summary>The trace that the job belongs to, as in the header <c>traceparent</c>; null if it was enqueued in none.</summary>
    public string? TraceParent { get; private set; }

    /// <summary>When it was enqueued, UTC, by the clock of the process that did.</summary>
    public DateTime EnqueuedAt { get; private set; }

    /// <summary>One of <see cref="OutboxStates"/>.</summary>
    public string State { get; private set; } = OutboxStates.Pending;

    /// <summary>The relay that is posting the row, and which of its claims it is; null if none is.</summary>
    public string? Claim { get; private set; }

    /// <summary>When it was posted or refused, UTC; null if it was neither.</summary>
    public DateTime? SettledAt { get; private set; }

    /// <summary>Why it was refused; null if it was not.</summary>
    public string? Error { get; private set; }
}
