namespace JobSystem.Api;

/// <summary>Metrics by name.</summary>
public sealed record MetricsDocument
{
    /// <summary>The metrics.</summary>
    public required IReadOnlyDictionary<string, Metric> Metrics { get; init; }

    /// <summary>The time of the values.</summary>
    public required DateTimeOffset Timestamp { get; init; }
}

/// <summary>A metric with its values.</summary>
public sealed record Metric
{
    /// <summary>Whether it only grows.</summary>
    [Words("counter", "gauge")]
    public required string Type { get; init; }

    /// <summary>A value for each set of labels.</summary>
    public required IReadOnlyList<MetricValue> Values { get; init; }
}

/// <summary>A value and what it is of.</summary>
public sealed record MetricValue
{
    /// <summary>What it is of, as <c>queue</c> and its name.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The value.</summary>
    public required double Value { get; init; }
}
