namespace JobSystem.ServiceDefaults.Metrics;

/// <summary>Path of the metrics of a host that forwards <c>/metrics</c>.</summary>
public sealed record MetricsPath(string Path);
