using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>
/// What may happen to a stack. Each fault lasts for the given time and is healed afterwards, as far as it does not heal itself. A new one
/// is one line.
/// </summary>
static class Faults
{
    static readonly string[] executors = ["executor-1", "executor-2"];
    static readonly string[] jobApis = ["jobapi-1", "jobapi-2"];
    static readonly string[] schedulers = ["scheduler-1", "scheduler-2"];

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("executor killed", scene => Killed(scene, scene.Any(executors))),
        new("executor stopped", scene => Stopped(scene, scene.Any(executors))),
        new("executor frozen", scene => Frozen(scene, scene.Any(executors))),
        new("all executors killed", scene => Killed(scene, executors)),
        new("worker of another kind killed", scene => Killed(scene, scene.Others.OnBroker)),
        new("worker of another kind frozen", scene => Frozen(scene, scene.Others.OnBroker)),
        new("worker over HTTP killed", scene => Killed(scene, scene.Others.OverHttp)),
        new("worker over HTTP frozen", scene => Frozen(scene, scene.Others.OverHttp)),
        new("job API killed", scene => Killed(scene, scene.Any(jobApis))),
        new("job API stopped", scene => Stopped(scene, scene.Any(jobApis))),
        new("job API frozen", scene => Frozen(scene, scene.Any(jobApis))),
        new("all job APIs killed", scene => Killed(scene, jobApis)),
        new("scheduler killed", scene => Killed(scene, scene.Any(schedulers))),
        new("scheduler frozen", scene => Frozen(scene, scene.Any(schedulers))),
        new("all schedulers killed", scene => Killed(scene, schedulers)),
        new("monitoring killed", scene => Killed(scene, "monitoring-1")),
        new("monitoring frozen", scene => Frozen(scene, "monitoring-1")),
        new("gateway killed", scene => Killed(scene, "gateway-1")),
        new("gateway frozen", scene => Frozen(scene, "gateway-1")),
        new("broker killed", scene => Killed(scene, "rabbitmq")),
        new("broker stopped", scene => Stopped(scene, "rabbitmq")),
        new("broker frozen", scene => Frozen(scene, "rabbitmq")),
        new("broker emptied", scene => Gone(scene, async name =>
        {
            await scene.Stack.Kill(name);
            scene.Stack.EmptyBroker();
        }, kills: false, "rabbitmq")),
        new("broker connections cut", scene => BrokerFaults.ConnectionsCut(scene)),
        new("broker queues purged", scene => BrokerFaults.QueuesPurged(scene)),
        new("broker queues deleted", scene => BrokerFaults.QueuesDeleted(scene)),
        new("broker short of memory", scene => BrokerFaults.ShortOfMemory(scene)),
        new("broker's disk full", scene => BrokerFaults.DiskFull(scene)),
        new("executors not permitted on the broker", scene => BrokerFaults.NotPermitted(scene)),
        new("database stopped", scene => Stopped(scene, "postgres")),
        new("database killed", scene => Killed(scene, "postgres")),
        new("database frozen", scene => Frozen(scene, "postgres")),
        new("database sessions ended", scene => DatabaseFaults.SessionsEnded(scene)),
        new("jobs table locked", scene => DatabaseFaults.TableLocked(scene)),
        new("database read-only", scene => DatabaseFaults.ReadOnly(scene)),
        new("database out of connections", scene => DatabaseFaults.OutOfConnections(scene)),
        new("everything killed", EverythingKilled),
    ];

    static Task<Struck> Killed(Scene scene, params string[] names) => Gone(scene, scene.Stack.Kill, kills: true, names);

    static Task<Struck> Stopped(Scene scene, string name) => Gone(scene, scene.Stack.Stop, kills: false, name);

    static async Task<Struck> Gone(Scene scene, Func<string, Task> end, bool kills, params string[] names)
    {
        await Task.WhenAll(names.Select(end));
        await Task.Delay(scene.Lasting);
        await Task.WhenAll(names.Select(name => scene.Stack.Start(name)));
        return new(names, kills);
    }

    static async Task<Struck> Frozen(Scene scene, string name)
    {
        scene.Stack.Freeze(name);
        await Task.Delay(scene.Freeze);
        scene.Stack.Thaw(name);
        return new([name]);
    }

    static async Task<Struck> Killed(Scene scene, LedgerWorker other)
    {
        await other.Kill();
        await Task.Delay(scene.Lasting);
        await other.Launch();
        return new([other.Name], Kills: true);
    }

    static async Task<Struck> Frozen(Scene scene, LedgerWorker other)
    {
        other.Signal(Support.SignalNumber.Stop);
        await Task.Delay(scene.Freeze);
        other.Signal(Support.SignalNumber.Continue);
        return new([other.Name]);
    }

    static async Task<Struck> EverythingKilled(Scene scene)
    {
        await scene.Stack.CrashAndRestartEverything();
        return new(scene.Stack.Names, Kills: true);
    }
}

sealed record Fault(string Name, Func<Scene, Task<Struck>> Happen);

/// <param name="Others">The workers of another kind.</param>
/// <param name="Lasting">How long what is taken away stays away.</param>
/// <param name="Freeze">How long a process stands still.</param>
sealed record Scene(Stack Stack, OtherWorkers Others, Random Random, TimeSpan Lasting, TimeSpan Freeze)
{
    public string Any(string[] names) => names[Random.Next(names.Length)];
}

/// <param name="Kills">Whether workers among the victims lost what they ran.</param>
sealed record Struck(IReadOnlyList<string> Victims, bool Kills = false);
