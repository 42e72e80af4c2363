namespace JobSystem.Executor;

/// <summary>Names this assembly to a test host.</summary>
public sealed class ExecutorMarker;
