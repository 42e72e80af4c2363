namespace JobSystem.Api;

/// <summary>Product, version, the service that answers, and what there is. The counts are null for callers without <c>view_jobs</c>, and where a part could not be asked.</summary>
[Schema("ServiceInfo")]
public sealed record SystemInfo
{
    /// <summary>Name of the product.</summary>
    public required string Product { get; init; }

    /// <summary>Version of the product.</summary>
    public required string Version { get; init; }

    /// <summary>The service that answers.</summary>
    public required string Service { get; init; }

    /// <summary>Live workers.</summary>
    public required long? WorkerCount { get; init; }

    /// <summary>Queues.</summary>
    public required long? QueueCount { get; init; }

    /// <summary>Schedules.</summary>
    public required long? ScheduleCount { get; init; }

    /// <summary>Jobs.</summary>
    public required long? TotalJobs { get; init; }

    /// <summary>Health of the system.</summary>
    [Words(typeof(HealthWords))]
    public required string? HealthStatus { get; init; }
}
