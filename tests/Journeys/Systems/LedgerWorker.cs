using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>A second kind of worker beside the stack's executors: it serves the same queues, but has another task than they.</summary>
public sealed class LedgerWorker : IAsyncDisposable
{
    public const string Task = "call_ledger";
    public const int Slots = 4;

    readonly Stack _stack;
    WatchedProcess? _process;

    LedgerWorker(Stack stack, string name) => (_stack, Name) = (stack, name);

    /// <summary>Its id begins with it.</summary>
    public string Name { get; }

    /// <summary>Returns when jobs of its task are accepted.</summary>
    public static async Task<LedgerWorker> Start(Stack stack)
    {
        var worker = new LedgerWorker(stack, Deployment.Label("ledger"));
        await worker.Launch();
        await stack.Announced(Task);
        return worker;
    }

    public async Task Launch() =>
        _process = await WatchedProcess.Start(new(["dotnet", Repository.Program("LedgerWorker")], Path.Combine(_stack.DataFolder, "logs", $"{Name}.log"))
        {
            Environment = new Dictionary<string, string>
            {
                ["JOBSYSTEM_RABBITMQ"] = _stack.BrokerOf("executor"),
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
