using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>
/// The steps of an upgrade as docs/deployment.md has them, each under load as a fault is: the processes stop gracefully one after the other,
/// and this version takes their place.
/// </summary>
static class RollingUpgrade
{
    /// <summary>The first job API migrates the database under the other one. An executor of its version comes with it.</summary>
    public static IReadOnlyList<Fault> FirstHalf { get; } =
    [
        new("first job API and executor replaced", scene => Replaced(scene, "jobapi-1", "executor-1")),
        new("first scheduler replaced", scene => Replaced(scene, "scheduler-1")),
        new("monitoring and gateway replaced", scene => Replaced(scene, "monitoring-1", "gateway-1")),
    ];

    public static IReadOnlyList<Fault> SecondHalf { get; } =
    [
        new("last job API and executor replaced", async scene =>
        {
            var struck = await Replaced(scene, "jobapi-2", "executor-2");
            await RemoveQueuesOfBefore(scene.Stack);
            return struck;
        }),
        new("last scheduler replaced", scene => Replaced(scene, "scheduler-2")),
    ];

    static async Task<Struck> Replaced(Scene scene, params string[] names)
    {
        foreach (var name in names)
        {
            await scene.Stack.Stop(name);
            await scene.Stack.StartFrom(Repository.Root, name);
        }
        return new(names);
    }

    /// <summary>Only versions before requests for attempts have a broker queue for the jobs of each task.</summary>
    static async Task RemoveQueuesOfBefore(Stack stack)
    {
        foreach (var queue in (await Broker.QueueNames(stack)).Where(name => name.StartsWith("job-queue.", StringComparison.Ordinal)))
        {
            await Broker.Delete(stack, queue);
        }
    }
}
