namespace JobSystem.Scheduler;

/// <summary>Names this assembly to a test host.</summary>
public sealed class SchedulerMarker;
