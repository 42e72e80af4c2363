using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>The one process with nothing installed, as <c>dotnet run --project standalone</c> starts it.</summary>
public sealed class Standalone : Deployment
{
    public const string Name = "standalone";

    StandaloneProcess? _process;
    int _slots = 8;

    public override int Slots => _slots;

    public override TimeSpan RestartTime => TimeSpan.FromSeconds(5);

    public override string LogFolder => Folder.Path;

    public string LogFile => Folder.At("standalone.log");

    StandaloneProcess Process => _process ?? throw new InvalidOperationException("not started");

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

    public Task Kill() => Process.Kill();

    public Task Interrupt() => Process.Interrupt();

    /// <summary>Starts the process on the same port and data; returns when it answers ready.</summary>
    public Task Launch() => Process.Launch(_slots);

    public void Signal(SignalNumber signal) => Process.Signal(signal);

    public override Task Heal() => Process.Heal(_slots);

    protected override async Task<(Uri Address, string Key)> Start(IReadOnlyDictionary<string, string> settings)
    {
        _process = new(LogFile, ["--data", Folder.At("data")], settings);
        await Launch();
        return (Process.Address, await File.ReadAllTextAsync(Folder.At("data/admin.key")));
    }

    protected override async Task Stop()
    {
        await (_process?.Stop() ?? Task.CompletedTask);
        (_process, _slots) = (null, 8);
    }

    async Task Relaunch(int slots)
    {
        await Interrupt();
        _slots = slots;
        await Launch();
    }
}

[CollectionDefinition(Standalone.Name)]
public sealed class StandaloneCollection : ICollectionFixture<Standalone>;
