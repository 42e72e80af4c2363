namespace JobSystem.Api;

/// <summary>A version of a task that workers have announced.</summary>
[Schema("Task")]
public sealed record RegisteredTask
{
    /// <summary>Name of the task.</summary>
    public required string Name { get; init; }

    /// <summary>Description for people.</summary>
    public required string? Description { get; init; }

    /// <summary>True if the task's code is asynchronous.</summary>
    public required bool IsAsync { get; init; }

    /// <summary>Seconds that an attempt may take, unless a job says otherwise.</summary>
    public required double Timeout { get; init; }

    /// <summary>Most retries, unless a job says otherwise.</summary>
    public required int MaxRetries { get; init; }

    /// <summary>Seconds before the first retry, unless a job says otherwise.</summary>
    public required double RetryDelay { get; init; }

    /// <summary>Where its jobs go unless they say otherwise.</summary>
    public required string Queue { get; init; }

    /// <summary>Version of the task.</summary>
    public required string Version { get; init; }

    /// <summary>JSON Schema of its arguments; null if the worker announced none.</summary>
    public required RawJson? Parameters { get; init; }

    /// <summary>Ids of the live workers that have it.</summary>
    public required IReadOnlyList<string> Workers { get; init; }

    /// <summary>When a worker announced it last.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }
}
