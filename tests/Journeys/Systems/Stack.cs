using System.Globalization;
using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>The real thing: PostgreSQL, RabbitMQ and every service as its own process, through <c>scripts/stack.sh</c>.</summary>
public abstract class Stack : Deployment
{
    public const string Name = "stack";

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    IReadOnlyDictionary<string, string> _environment = new Dictionary<string, string>();
    Dictionary<string, string> _started = [];
    StackFolder? _data;

    public override int Slots => 2 * SlotsEach;

    public override TimeSpan RestartTime => TimeSpan.FromSeconds(10);

    /// <summary>What <c>up</c> left in stack.env.</summary>
    public string this[string setting] => _started[setting];

    /// <summary>Every process of the stack, by the name that stack.sh gives it.</summary>
    public IReadOnlyList<string> Names => [.. Servers, .. Services];

    /// <summary>Ten, because the crash tests take an executor away with ten running jobs.</summary>
    public static int SlotsEach => 10;

    static string[] Servers => ["postgres", "rabbitmq"];

    static string[] Services => ["jobapi-1", "jobapi-2", "executor-1", "executor-2", "gateway-1", "scheduler-1", "scheduler-2", "monitoring-1"];

    public string DataFolder => (_data ?? throw new InvalidOperationException("not started")).Path;

    /// <summary>kill -9.</summary>
    public Task Kill(string name) => Script("kill", name);

    /// <summary>Graceful: SIGTERM, or the server's own way.</summary>
    public Task Stop(string name) => Script("stop", name);

    /// <summary>Brings a process back as it was; <paramref name="settings"/> (KEY=value) are for this time only.</summary>
    public Task Start(string name, params string[] settings) => Script(["start", name, .. settings.SelectMany(setting => (string[])["--env", setting])]);

    public async Task Restart(string name, params string[] settings)
    {
        await Stop(name);
        await Start(name, settings);
    }

    public void Signal(string name, SignalNumber signal) => Signals.Send(ProcessId(name) ?? throw new InvalidOperationException($"{name} does not run"), signal);

    public bool Runs(string name) => ProcessId(name) is { } id && Signals.Exists(id);

    public Task Exited(string name, TimeSpan within) => Eventually.Holds(() => !Runs(name), within, $"{name} has exited");

    /// <summary>The broker, while it is down, loses all that it ever knew: queues, messages, users.</summary>
    public void EmptyBroker()
    {
        foreach (var folder in Directory.GetDirectories(Path.Combine(DataFolder, "rabbitmq")))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Restarts what is missing and waits until everything is itself again: the state that each crash test begins with.</summary>
    public async Task Heal()
    {
        Ledger.ReleaseAll();
        await Task.WhenAll(Names.Where(name => !Runs(name)).Select(name => Start(name)));
        await Ready();
    }

    /// <summary>All processes answer ready, and a job goes all the way.</summary>
    public async Task Ready()
    {
        await Task.WhenAll(Services.Select(Ready));
        await Eventually.Passes(async () => Assert.Equal("completed", (await Client.Run(Api.JobRequest.Echo("ready?"), 5)).Status), Patience);
    }

    public override async Task CrashAndRestartEverything()
    {
        // All in one moment; then the script takes note of each
        foreach (var name in Names.Where(Runs))
        {
            Signal(name, SignalNumber.Kill);
        }
        await Task.WhenAll(Names.Select(Kill));
        await Task.WhenAll(Names.Select(name => Start(name)));
        // No job as a probe: what was running may take all slots again
        await Task.WhenAll(Services.Select(Ready));
    }

    public override async Task WithOneSlot(Func<Task> journey)
    {
        await Task.WhenAll(Stop("executor-2"), Restart("executor-1", "JOBSYSTEM_SLOTS=1"));
        try
        {
            await Ready("executor-1");
            await journey();
        }
        finally
        {
            await Task.WhenAll(Start("executor-2"), Restart("executor-1"));
            await Ready();
        }
    }

    /// <summary>The name of the process that ran it: worker ids begin with the worker's name.</summary>
    public string ExecutorOf(Evidence.Execution run) =>
        Services.Single(name => run.WorkerId.StartsWith(name, StringComparison.Ordinal));

    /// <summary>Where a service itself listens, behind the gateway.</summary>
    public Uri AddressOf(string name)
    {
        var ports = ReadSettings(Path.Combine(DataFolder, "ports.env"));
        return new($"http://127.0.0.1:{ports["PORT_" + name.ToUpperInvariant().Replace('-', '_')]}");
    }

    protected override async Task<(Uri Address, string Key)> Start(IReadOnlyDictionary<string, string> settings)
    {
        _environment = settings;
        _data = StackFolder.Create();
        await Script(["up", "--port", $"{FreePort.Next()}", "--executors", "2", "--jobapis", "2", "--schedulers", "2", "--slots", $"{SlotsEach}"]);
        _started = ReadSettings(Path.Combine(DataFolder, "stack.env"));
        return (new(_started["JOBSYSTEM_URL"]), _started["JOBSYSTEM_ADMIN_KEY"]);
    }

    protected override Task Stop() => _data?.Remove() ?? Task.CompletedTask;

    /// <summary>One process answers ready.</summary>
    public async Task Ready(string name)
    {
        using var http = new HttpClient { BaseAddress = AddressOf(name), Timeout = TimeSpan.FromSeconds(3) };
        await Eventually.Passes(async () =>
        {
            using var answer = await http.GetAsync("health/ready");
            Assert.True(answer.IsSuccessStatusCode, $"{name} is not ready: {await answer.Content.ReadAsStringAsync()}");
        }, Patience);
    }

    async Task Script(params string[] words)
    {
        var ended = await Shell.Run([Repository.Script("stack.sh"), .. words, "--data", DataFolder], _environment, within: words[0] == "up" ? TimeSpan.FromMinutes(20) : TimeSpan.FromMinutes(6));
        ended.Successfully();
    }

    int? ProcessId(string name)
    {
        var file = Path.Combine(DataFolder, "pids", $"{name}.pid");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    static Dictionary<string, string> ReadSettings(string file) => File.ReadAllLines(file)
        .Select(line => line.Split('=', 2))
        .Where(pair => pair.Length == 2 && !pair[0].StartsWith('#'))
        .ToDictionary(pair => pair[0].Trim(), pair => pair[1].Trim().Trim('\'', '"'));
}

/// <summary>One stack for the journeys and crash tests: they leave it as they found it.</summary>
public sealed class SharedStack : Stack;

[CollectionDefinition(Stack.Name)]
public sealed class StackCollection : ICollectionFixture<SharedStack>;
