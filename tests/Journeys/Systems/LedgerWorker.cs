using System.Text.Json;
using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>A second kind of worker beside the executors: it serves the same queues, but has another task than they.</summary>
public sealed class LedgerWorker : IAsyncDisposable
{
    public const string Task = "call_ledger";
    public const int Slots = 4;

    readonly string _log;
    readonly IReadOnlyDictionary<string, string> _address;
    WatchedProcess? _process;

    LedgerWorker(string name, string log, IReadOnlyDictionary<string, string> address) => (Name, _log, _address) = (name, log, address);

    /// <summary>Its id begins with it.</summary>
    public string Name { get; }

    /// <summary>One that joins through the broker. Returns when jobs of its task are accepted.</summary>
    public static Task<LedgerWorker> Start(Stack stack) => Start(stack, Deployment.Label("ledger"), new()
    {
        ["JOBSYSTEM_RABBITMQ"] = stack.BrokerOf("executor"),
    });

    /// <summary>One that joins over HTTP, with a key that permits nothing but that. Returns when jobs of its task are accepted.</summary>
    public static async Task<LedgerWorker> StartOverHttp(Deployment system)
    {
        var name = Deployment.Label("http");
        using var issued = await system.Client.Raw(HttpMethod.Post, "api/v1/api-keys", new { name, permissions = new[] { "run_jobs" } });
        return await Start(system, name, new()
        {
            ["JOBSYSTEM_URL"] = system.Client.Address.ToString(),
            ["JOBSYSTEM_API_KEY"] = JsonElement.Parse(await issued.EnsureSuccessStatusCode().Content.ReadAsStringAsync()).GetProperty("key").GetString()!,
        });
    }

    static async Task<LedgerWorker> Start(Deployment system, string name, Dictionary<string, string> address)
    {
        var worker = new LedgerWorker(name, Path.Combine(system.LogFolder, $"{name}.log"), address);
        await worker.Launch();
        await Eventually.Holds(() => worker.IsListed(system), TimeSpan.FromSeconds(30), $"{name} is in the list of workers");
        await system.Announced(Task);
        return worker;
    }

    /// <summary>Another worker may have announced the task before.</summary>
    async Task<bool> IsListed(Deployment system)
    {
        using var answer = await system.Client.Raw(HttpMethod.Get, "api/v1/workers");
        return (await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync()).Contains($"\"{Name}\"", StringComparison.Ordinal);
    }

    public async Task Launch() =>
        _process = await WatchedProcess.Start(new(["dotnet", Repository.Program("LedgerWorker")], _log)
        {
            Environment = new Dictionary<string, string>(_address)
            {
                ["JOBSYSTEM_WORKER_NAME"] = Name,
                ["JOBSYSTEM_SLOTS"] = $"{Slots}",
                ["JOBSYSTEM_RENEW_SECONDS"] = "1",
                ["JOBSYSTEM_CANCEL_GRACE_SECONDS"] = $"{Deployment.GraceSeconds}",
                ["JOBSYSTEM_DRAIN_SECONDS"] = "3",
            },
        });

    public void Signal(SignalNumber signal) => Process.Send(signal);

    public bool HasEnded => Process.HasExited;

    /// <summary>kill -9.</summary>
    public async Task Kill()
    {
        Process.Send(SignalNumber.Kill);
        await Process.Exited();
        await Process.DisposeAsync();
        _process = null;
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;

    WatchedProcess Process => _process ?? throw new InvalidOperationException($"{Name} does not run");
}
