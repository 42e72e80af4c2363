namespace JobSystem.ServiceDefaults.Metrics;

/// <summary>Where a host that passes <c>/metrics</c> on has its own figures.</summary>
public sealed record MetricsPath(string Path);
