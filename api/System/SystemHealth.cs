namespace JobSystem.Api;

/// <summary>Health of the system and its parts.</summary>
[Schema("HealthReport")]
public sealed record SystemHealth
{
    /// <summary>The worst of the parts.</summary>
    [Words(typeof(HealthWords))]
    public required string Status { get; init; }

    /// <summary>What is wrong, if anything.</summary>
    public required string Message { get; init; }

    /// <summary>
    /// <c>database</c>, <c>broker</c>, <c>scheduler</c>, <c>workers</c>, <c>worker_</c> and the name of each, <c>queues</c>, <c>stuck_jobs</c>, and
    /// <c>error_queues</c> where the broker's management API is known.
    /// </summary>
    public required IReadOnlyDictionary<string, SystemHealthCheck> Checks { get; init; }

    /// <summary>The time of the report.</summary>
    public required DateTimeOffset Timestamp { get; init; }
}

/// <summary>Health of one part.</summary>
[Schema("HealthCheck")]
public sealed record SystemHealthCheck
{
    /// <summary>How it is.</summary>
    [Words(typeof(HealthWords))]
    public required string Status { get; init; }

    /// <summary>What is wrong, if anything.</summary>
    public required string Message { get; init; }

    /// <summary>Figures of the part: a JSON object.</summary>
    public required RawJson Details { get; init; }
}

/// <summary>The words for health.</summary>
public static class HealthWords
{
    /// <summary>It works.</summary>
    public const string Healthy = "healthy";

    /// <summary>It works, and needs attention.</summary>
    public const string Degraded = "degraded";

    /// <summary>It does not work.</summary>
    public const string Unhealthy = "unhealthy";
}
