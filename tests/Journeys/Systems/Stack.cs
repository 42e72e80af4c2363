using System.Collections.Concurrent;
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

    /// <summary>Processes that a test has ended and not started again.</summary>
    readonly ConcurrentDictionary<string, bool> _ended = new();

    /// <summary>A copy of the repository whose programs the services run at first; null for this one.</summary>
    protected virtual string? Binaries => null;

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
    public Task Kill(string name) => End(name, "kill");

    /// <summary>Graceful: SIGTERM, or the server's own way.</summary>
    public Task Stop(string name) => End(name, "stop");

    /// <summary>Brings a process back as it was; <paramref name="settings"/> (KEY=value) are for this time only.</summary>
    public async Task Start(string name, params string[] settings)
    {
        await Script(["start", name, .. settings.SelectMany(setting => (string[])["--env", setting])]);
        _ended.TryRemove(name, out _);
    }

    /// <summary>Brings a process back with the programs of another copy of the repository, and from now on always with these.</summary>
    public async Task StartFrom(string binaries, string name)
    {
        await Script("start", name, "--binaries", binaries);
        _ended.TryRemove(name, out _);
    }

    public async Task Restart(string name, params string[] settings)
    {
        await Stop(name);
        await Start(name, settings);
    }

    public void Signal(string name, SignalNumber signal) => Signals.Send(ProcessId(name) ?? throw new InvalidOperationException($"{name} does not run"), signal);

    /// <summary>It stands still, with its children: PostgreSQL is many processes.</summary>
    public void Freeze(string name) => SignalAll(name, SignalNumber.Stop);

    public void Thaw(string name) => SignalAll(name, SignalNumber.Continue);

    void SignalAll(string name, SignalNumber signal)
    {
        Signal(name, signal);
        foreach (var child in Signals.Children(ProcessId(name)!.Value))
        {
            // A connection's process may end at any moment
            Signals.TrySend(child, signal);
        }
    }

    public bool Runs(string name) => ProcessId(name) is { } id && Signals.Exists(id);

    public async Task Exited(string name, TimeSpan within)
    {
        await Eventually.Holds(() => !Runs(name), within, $"{name} has exited");
        _ended[name] = true;
    }

    /// <summary>The broker, while it is down, loses all that it ever knew: queues, messages, users.</summary>
    public void EmptyBroker()
    {
        foreach (var folder in Directory.GetDirectories(Path.Combine(DataFolder, "rabbitmq")))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    public override async Task Heal()
    {
        // What the test did not end may have ended at this moment only, so it is looked for before and after
        NothingEndedByItself();
        foreach (var name in Names.Where(Runs))
        {
            Thaw(name);
        }
        await Task.WhenAll(_ended.Keys.Select(name => Start(name)));
        await Ready();
        NothingEndedByItself();
    }

    void NothingEndedByItself() => Assert.Equal([], Names.Where(name => !Runs(name) && !_ended.ContainsKey(name)));

    /// <summary>All processes answer ready, and a job goes all the way.</summary>
    public async Task Ready()
    {
        await Task.WhenAll(Services.Select(Ready));
        var probe = Api.JobRequest.Echo("ready?") with { Priority = "critical" };
        await Eventually.Passes(async () => Assert.Equal("completed", (await Client.Run(probe, 5)).Status), Patience);
    }

    public override async Task CrashAndRestartEverything()
    {
        // All in one moment; then the script takes note of each
        foreach (var name in Names.Where(Runs))
        {
            Signal(name, SignalNumber.Kill);
            _ended[name] = true;
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

    /// <summary>Address of the broker for one of its users; those of a stack share one password.</summary>
    public string BrokerOf(string user) => new UriBuilder(this["JOBSYSTEM_RABBITMQ"]) { UserName = user }.Uri.ToString();

    /// <summary>Where a service itself listens, behind the gateway.</summary>
    public Uri AddressOf(string name) => new($"http://127.0.0.1:{PortOf(name)}");

    public string PortOf(string name) => ReadSettings(Path.Combine(DataFolder, "ports.env"))["PORT_" + name.ToUpperInvariant().Replace('-', '_')];

    protected override async Task<(Uri Address, string Key)> Start(IReadOnlyDictionary<string, string> settings)
    {
        _environment = settings;
        _data = StackFolder.Create();
        string[] from = Binaries is { } binaries ? ["--binaries", binaries] : [];
        await Script(["up", "--port", $"{FreePort.Next()}", "--executors", "2", "--jobapis", "2", "--schedulers", "2", "--slots", $"{SlotsEach}", .. from]);
        _started = ReadSettings(Path.Combine(DataFolder, "stack.env"));
        return (new(_started["JOBSYSTEM_URL"]), _started["JOBSYSTEM_ADMIN_KEY"]);
    }

    protected override Task Stop()
    {
        _ended.Clear();
        return _data?.Remove() ?? Task.CompletedTask;
    }

    public override string LogFolder => Path.Combine(DataFolder, "logs");

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

    async Task End(string name, string verb)
    {
        _ended[name] = true;
        await Script(verb, name);
    }

    async Task Script(params string[] words)
    {
        var ended = await Shell.Run([Repository.Script("stack.sh"), .. words, "--data", DataFolder], _environment, within: words[0] == "up" ? TimeSpan.FromMinutes(20) : TimeSpan.FromMinutes(6));
        ended.Successfully();
    }

    public int? ProcessId(string name)
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
