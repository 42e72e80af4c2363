namespace JobSystem.JobApi.Model;

/// <summary>A queue and a task that it has had jobs of.</summary>
/// <param name="Version">The version that the jobs ask for; null if they ask for none.</param>
public sealed record QueuedTask(string QueueName, string TaskName, string? Version);

/// <summary>The jobs of one queue, task and priority: of these the one that became ready first starts first.</summary>
public readonly record struct WaitingLevel(QueuedTask Task, byte Priority)
{
    /// <summary>The levels of a task, one for each priority.</summary>
    public static IEnumerable<WaitingLevel> AllOf(QueuedTask task) => [new(task, 4), new(task, 3), new(task, 2), new(task, 1)];
}
