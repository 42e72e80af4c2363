namespace JobSystem.Api;

/// <summary>What a worker answered to a command.</summary>
public sealed record WorkerAnswer
{
    /// <summary>Id of the worker.</summary>
    public required string WorkerId { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The command.</summary>
    public required string Command { get; init; }

    /// <summary>True if the worker did it.</summary>
    public required bool Success { get; init; }

    /// <summary>What the worker said besides.</summary>
    public required string? Message { get; init; }

    /// <summary>Its status.</summary>
    public required string Status { get; init; }

    /// <summary>Jobs that it runs at once.</summary>
    public required int Slots { get; init; }

    /// <summary>Jobs that it runs now.</summary>
    public required int Running { get; init; }

    /// <summary>Milliseconds until the answer arrived.</summary>
    public required double RoundTripMs { get; init; }
}

/// <summary>What the workers answered to a command.</summary>
public sealed record BroadcastAnswer
{
    /// <summary>The command.</summary>
    public required string Command { get; init; }

    /// <summary>Workers that the command was sent to.</summary>
    public required int Total { get; init; }

    /// <summary>The answers.</summary>
    public required IReadOnlyList<WorkerAnswer> Answers { get; init; }

    /// <summary>Ids of the workers that did not answer in time.</summary>
    public required IReadOnlyList<string> Silent { get; init; }
}

/// <summary>Body of <c>POST /workers/{id}/ping</c>, <c>pause</c>, <c>resume</c>, <c>reload</c> and <c>shutdown</c>.</summary>
public record WorkerRequest
{
    /// <summary>Seconds to wait for the answer, at most 60; 5 unless given.</summary>
    public double? Timeout { get; init; }

    /// <summary>Of a shutdown: true to let running jobs end, false to have them run elsewhere; true unless given.</summary>
    public bool? Graceful { get; init; }
}

/// <summary>Body of <c>POST /workers/broadcast</c>.</summary>
public sealed record BroadcastRequest : WorkerRequest
{
    /// <summary>The command.</summary>
    [Words("status", "shutdown", "pause", "resume", "reload")]
    public required string Command { get; init; }

    /// <summary>A JSON object of at most 16 KiB. Workers write it to their logs, and it is kept in the audit trail.</summary>
    public RawJson? Data { get; init; }

    /// <summary>Only workers that serve this queue; all unless given.</summary>
    public string? QueueName { get; init; }
}
