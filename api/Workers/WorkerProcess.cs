namespace JobSystem.Api;

/// <summary>A process that runs jobs.</summary>
[Schema("Worker")]
public sealed record WorkerProcess
{
    /// <summary>Id of the process; another one after each start.</summary>
    public required string Id { get; init; }

    /// <summary>Name, which stays the same when it is started again.</summary>
    public required string Name { get; init; }

    /// <summary>Host name.</summary>
    public required string Host { get; init; }

    /// <summary>Version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>What it does.</summary>
    [Words("starting", "running", "paused", "draining", "lost")]
    public required string Status { get; init; }

    /// <summary>True if its heartbeats arrive.</summary>
    public required bool IsHealthy { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When its last heartbeat arrived.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Seconds since its start.</summary>
    public required double Uptime { get; init; }

    /// <summary>The queues that it serves.</summary>
    public required IReadOnlyList<string> Queues { get; init; }

    /// <summary>Jobs that it runs at once.</summary>
    public required int Slots { get; init; }

    /// <summary>Jobs that it runs now.</summary>
    public required int Running { get; init; }

    /// <summary>Attempts that it ended.</summary>
    public required long Processed { get; init; }

    /// <summary>Attempts that failed.</summary>
    public required long Failed { get; init; }

    /// <summary>The attempts that it runs now.</summary>
    public required IReadOnlyList<RunningAttempt> Attempts { get; init; }
}

/// <summary>An attempt that a worker runs.</summary>
[Schema("HeldAttempt")]
public sealed record RunningAttempt
{
    /// <summary>Id of the job.</summary>
    public required string JobId { get; init; }

    /// <summary>Number of the attempt, from 1.</summary>
    public required int Attempt { get; init; }
}
