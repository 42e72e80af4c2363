using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>Two processes of standalone on one PostgreSQL, without a broker. Callers know the first.</summary>
public sealed class Instances : Deployment
{
    public const string Name = "instances";
    public const string FirstName = "first";
    public const string SecondName = "second";
    const int SlotsEach = 8;

    PostgresServer? _server;
    StandaloneProcess? _first;
    StandaloneProcess? _second;
    bool _hasDatabase;

    public override int Slots => 2 * SlotsEach;

    public override TimeSpan RestartTime => TimeSpan.FromSeconds(10);

    public override string LogFolder => Folder.Path;

    internal StandaloneProcess First => _first ?? throw new InvalidOperationException("not started");

    internal StandaloneProcess Second => _second ?? throw new InvalidOperationException("not started");

    PostgresServer Server => _server ?? throw new InvalidOperationException("not started");

    public override async Task CrashAndRestartEverything()
    {
        await Task.WhenAll(First.Kill(), Second.Kill(), CrashDatabase());
        await StartDatabase();
        await Task.WhenAll(First.Launch(SlotsEach), Second.Launch(SlotsEach));
    }

    public override Task WithOneSlot(Func<Task> journey) => throw new NotSupportedException("there are two processes");

    public async Task CrashDatabase()
    {
        _hasDatabase = false;
        await Server.Crash();
    }

    public async Task StartDatabase()
    {
        await Server.Start();
        _hasDatabase = true;
    }

    public void SignalDatabase(SignalNumber signal) => Server.Send(signal);

    public override async Task Heal()
    {
        if (!_hasDatabase)
        {
            await StartDatabase();
        }
        await First.Heal(SlotsEach);
        await Second.Heal(SlotsEach);
    }

    protected override async Task<(Uri Address, string Key)> Start(IReadOnlyDictionary<string, string> settings)
    {
        // What was committed has to be there after a crash
        _server = await PostgresServer.StartPrivate(durable: true);
        _hasDatabase = true;
        var database = await _server.CreateDatabase();
        string[] options = ["--data", Folder.At("keys"), "--postgres", database.Url];
        StandaloneProcess New(string name) =>
            new(Folder.At($"{name}.log"), options, new Dictionary<string, string>(settings) { ["JOBSYSTEM_WORKER_NAME"] = name });
        (_first, _second) = (New(FirstName), New(SecondName));
        await Task.WhenAll(_first.Launch(SlotsEach), _second.Launch(SlotsEach));
        return (_first.Address, await File.ReadAllTextAsync(Folder.At("keys/admin.key")));
    }

    protected override async Task Stop()
    {
        await (_first?.Stop() ?? Task.CompletedTask);
        await (_second?.Stop() ?? Task.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        (_first, _second, _server) = (null, null, null);
    }
}

[CollectionDefinition(Instances.Name)]
public sealed class InstancesCollection : ICollectionFixture<Instances>;
