using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>The one process with nothing installed, as <c>dotnet run --project standalone</c> starts it.</summary>
public sealed class Standalone : Deployment
{
    public const string Name = "standalone";

    readonly int _port = FreePort.Next();
    IReadOnlyDictionary<string, string> _settings = new Dictionary<string, string>();
    WatchedProcess? _process;
    int _slots = 8;

    public override int Slots => _slots;

    public override TimeSpan RestartTime => TimeSpan.FromSeconds(5);

    public string LogFile => Folder.At("standalone.log");

    Uri Address => new($"http://127.0.0.1:{_port}");

    public override async Task CrashAndRestartEverything()
    {
        await Kill();
        await Launch();
    }

    public override async Task WithOneSlot(Func<Task> journey)
    {
        await Relaunch(1);
        try
        {
            await journey();
        }
        finally
        {
            await Relaunch(8);
        }
    }

    /// <summary>kill -9.</summary>
    public Task Kill() => End(SignalNumber.Kill, TimeSpan.FromSeconds(5));

    /// <summary>Ctrl-C; fails when the process needs longer than its drain time and a little.</summary>
    public Task Interrupt() => End(SignalNumber.Interrupt, TimeSpan.FromSeconds(8));

    /// <summary>Starts the process on the same port and data; returns when it answers ready.</summary>
    public async Task Launch()
    {
        // A shell without job control starts its background processes deaf to Ctrl-C; env gives them their hearing back.
        var command = new WatchedCommand(
            ["env", "--default-signal=INT,QUIT", "dotnet", Repository.Program("Standalone"), "--urls", Address.ToString(), "--data", Folder.At("data"), "--slots", $"{_slots}"],
            LogFile)
        {
            // an empty key is none: the process makes its own and keeps it in its data folder
            Environment = new Dictionary<string, string>(_settings) { ["JOBSYSTEM_ADMIN_KEY"] = "" },
        };
        _process = await WatchedProcess.Start(command);
        await Ready(_process);
    }

    protected override async Task<(Uri Address, string Key)> Start(IReadOnlyDictionary<string, string> settings)
    {
        _settings = settings;
        await Launch();
        return (Address, await File.ReadAllTextAsync(Folder.At("data/admin.key")));
    }

    protected override async Task Stop()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
        (_process, _slots) = (null, 8);
    }

    public override async Task Heal()
    {
        if (_process is null)
        {
            await Launch();
            return;
        }
        Assert.False(_process.HasExited, "standalone has ended by itself");
        await Ready(_process);
    }

    public override string LogFolder => Folder.Path;

    public void Signal(SignalNumber signal) => (_process ?? throw new InvalidOperationException("not running")).Send(signal);

    async Task Relaunch(int slots)
    {
        await Interrupt();
        _slots = slots;
        await Launch();
    }

    async Task End(SignalNumber signal, TimeSpan within)
    {
        var process = _process ?? throw new InvalidOperationException("not running");
        process.Send(signal);
        using var deadline = new CancellationTokenSource(within);
        await process.Exited(deadline.Token);
        await process.DisposeAsync();
        _process = null;
    }

    async Task Ready(WatchedProcess process)
    {
        using var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(2) };
        await Eventually.Passes(async () =>
        {
            Assert.False(process.HasExited, $"standalone ended: {await File.ReadAllTextAsync(LogFile)}");
            using var answer = await http.GetAsync("health/ready");
            answer.EnsureSuccessStatusCode();
        }, TimeSpan.FromSeconds(60));
    }
}

[CollectionDefinition(Standalone.Name)]
public sealed class StandaloneCollection : ICollectionFixture<Standalone>;
