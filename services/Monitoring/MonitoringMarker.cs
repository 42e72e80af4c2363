namespace JobSystem.Monitoring;

/// <summary>Names this assembly to a test host.</summary>
public sealed class MonitoringMarker;
