using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

/// <summary>A running system and the ledger that its jobs may call. Only what a stranger has: an address and a key.</summary>
public abstract class Deployment : IAsyncLifetime
{
    /// <summary>Short leases and graces, so that what takes 45 s in production takes a few seconds here.</summary>
    public const int LeaseSeconds = 4;
    public const int GraceSeconds = 2;

    Ledger? _ledger;
    JobsClient? _client;
    TemporaryFolder? _folder;

    public Ledger Ledger => _ledger ?? throw new InvalidOperationException("not started");
    public JobsClient Client => _client ?? throw new InvalidOperationException("not started");

    /// <summary>Attempts that the whole deployment can run at once.</summary>
    public abstract int Slots { get; }

    /// <summary>How long a restart of everything may take until the API answers again.</summary>
    public abstract TimeSpan RestartTime { get; }

    /// <summary>Removed with everything in it when the deployment ends.</summary>
    public TemporaryFolder Folder => _folder ?? throw new InvalidOperationException("not started");

    public async Task InitializeAsync()
    {
        _folder = TemporaryFolder.Create("journey");
        _ledger = await Ledger.Open();
        var (address, key) = await Start(Settings(_ledger));
        _client = new JobsClient(address, key);
        await Announced("http_request", "echo", "sleep", "fail");
    }

    public async Task DisposeAsync()
    {
        try
        {
            await Stop();
        }
        finally
        {
            _client?.Dispose();
            await (_ledger?.DisposeAsync() ?? ValueTask.CompletedTask);
            _folder?.Dispose();
        }
    }

    /// <summary>kill -9 of every process at once, then a cold start; returns when everything answers ready.</summary>
    public abstract Task CrashAndRestartEverything();

    /// <summary>Runs <paramref name="journey"/> with a single slot in the whole deployment.</summary>
    public abstract Task WithOneSlot(Func<Task> journey);

    /// <summary>A label that no other test uses.</summary>
    public static string Label(string word) => $"{word}-{Guid.CreateVersion7():N}";

    /// <summary>Starts everything; returns its address and a key for it.</summary>
    protected abstract Task<(Uri Address, string Key)> Start(IReadOnlyDictionary<string, string> settings);

    protected abstract Task Stop();

    /// <summary>Jobs of a task are refused until an executor has announced it.</summary>
    protected Task Announced(params string[] tasks) => Eventually.Passes(async () =>
    {
        using var answer = await Client.Raw(HttpMethod.Get, "api/v1/tasks");
        var text = await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
        Assert.All(tasks, task => Assert.Contains($"\"{task}\"", text, StringComparison.Ordinal));
    });

    protected virtual Dictionary<string, string> Settings(Ledger ledger) => new()
    {
        ["JOBSYSTEM_HTTP_ALLOW"] = ledger.Address,
        ["JOBSYSTEM_LEASE_SECONDS"] = $"{LeaseSeconds}",
        ["JOBSYSTEM_RENEW_SECONDS"] = "1",
        ["JOBSYSTEM_SCAN_SECONDS"] = "1",
        ["JOBSYSTEM_CANCEL_GRACE_SECONDS"] = $"{GraceSeconds}",
        ["JOBSYSTEM_RECONCILE_SECONDS"] = "5",
        ["JOBSYSTEM_DRAIN_SECONDS"] = "3",
    };
}
