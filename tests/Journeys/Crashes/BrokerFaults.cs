using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>What an operator, a full machine or a mistake does to a broker that goes on running.</summary>
static class BrokerFaults
{
    const string Broker = "rabbitmq";

    public static async Task<Struck> ConnectionsCut(Scene scene)
    {
        await Systems.Broker.CutAllConnections(scene.Stack);
        return new([Broker]);
    }

    public static Task<Struck> QueuesPurged(Scene scene) => OnJobQueues(scene, Systems.Broker.Purge);

    public static Task<Struck> QueuesDeleted(Scene scene) => OnJobQueues(scene, Systems.Broker.Delete);

    /// <summary>The alarm blocks everybody who publishes; consumers go on.</summary>
    public static Task<Struck> ShortOfMemory(Scene scene) => Alarm(scene, ["set_vm_memory_high_watermark", "0.00001"], ["set_vm_memory_high_watermark", "0.4"]);

    /// <inheritdoc cref="ShortOfMemory"/>
    public static Task<Struck> DiskFull(Scene scene) => Alarm(scene, ["set_disk_free_limit", "1000000GB"], ["set_disk_free_limit", "50MB"]);

    public static async Task<Struck> NotPermitted(Scene scene)
    {
        const string User = "executor";
        var permissions = await Systems.Broker.Permissions(scene.Stack, User);
        await Systems.Broker.Control(scene.Stack, "clear_permissions", User);
        await Systems.Broker.CutAllConnections(scene.Stack);
        await Task.Delay(scene.Lasting);
        await Systems.Broker.Control(scene.Stack, "set_permissions", User, permissions.Configure, permissions.Write, permissions.Read);
        return new([Broker]);
    }

    static async Task<Struck> Alarm(Scene scene, string[] raise, string[] clear)
    {
        await Systems.Broker.Control(scene.Stack, raise);
        await Task.Delay(scene.Lasting);
        await Systems.Broker.Control(scene.Stack, clear);
        return new([Broker]);
    }

    static async Task<Struck> OnJobQueues(Scene scene, Func<Stack, string, Task> harm)
    {
        await Task.WhenAll((await Systems.Broker.JobQueues(scene.Stack)).Select(queue => harm(scene.Stack, queue)));
        return new([Broker]);
    }
}
