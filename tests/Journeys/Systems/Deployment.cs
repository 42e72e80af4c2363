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
    public const int ScanSeconds = 1;

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

    /// <summary>What a fault may take until everything works again without a restart.</summary>
    public static TimeSpan Recovery { get; } = TimeSpan.FromSeconds(60);

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
            (_client, _ledger, _folder) = (null, null, null);
        }
    }

    /// <summary>Starts it when there is none: a replacement may have failed to start.</summary>
    public Task BeRunning() => _client is null ? InitializeAsync() : Task.CompletedTask;

    /// <summary>Throws when the system does not get well by itself; then another one has taken its place, and its logs are kept.</summary>
    public async Task BeWholeOrReplaced(TimeSpan? within = null)
    {
        try
        {
            await BeWhole(within ?? Recovery);
        }
        catch (Exception broken)
        {
            var logs = KeepLogs();
            await DisposeAsync();
            await InitializeAsync();
            throw new BrokenSystemException($"The test left a broken system behind, which was replaced; its logs are in {logs}: {broken.Message}", broken);
        }
    }

    /// <summary>Brings back what a test has taken away, and proves that every slot runs jobs, or so many of them at once.</summary>
    public async Task BeWhole(TimeSpan within, int? slots = null)
    {
        Ledger.ReleaseAll();
        await Heal();
        await SlotsRun(slots ?? Slots, within);
    }

    /// <summary>As many jobs as there are slots, none of which ends before all have started: an executor that takes none cannot hide behind another.</summary>
    async Task SlotsRun(int slots, TimeSpan within)
    {
        var label = Label("probe");
        Ledger.Hold(label);
        var probe = JobRequest.Call(Ledger.Url(label)) with { Priority = "critical", MaxRetries = 0, QueueName = "default" };
        var ids = await Client.SubmitBatch([.. Enumerable.Repeat(probe, slots)]);
        try
        {
            await Ledger.Until(label, runs => runs.DistinctBy(run => run.JobId).Count() == slots, within);
        }
        catch (TimeoutException)
        {
            var workers = Ledger.Of(label).CountBy(run => run.WorkerId).Select(runs => $"{runs.Value} on {runs.Key}");
            throw new TimeoutException(
                $"after {within} not all {slots} slots run jobs, but only {string.Join(", ", workers.DefaultIfEmpty("none"))}; the first other: {await OneThatWaits(ids, label)}");
        }
        finally
        {
            Ledger.Release(label);
        }
        foreach (var id in ids)
        {
            Assert.Equal("completed", (await Client.WaitFor(id)).Status);
        }
    }

    async Task<string> OneThatWaits(IReadOnlyList<string> ids, string label)
    {
        var ran = Ledger.Of(label).Select(run => run.JobId).ToHashSet();
        if (ids.FirstOrDefault(id => !ran.Contains(id)) is not { } id)
        {
            return "none";
        }
        var steps = (await Client.Steps(id)).Select(step => $"{step.At:HH:mm:ss.fff} {step.Event} {step.WorkerId} {step.Details}");
        return $"{await Client.Explain(id)}\n{string.Join('\n', steps)}";
    }

    /// <summary>Copies what the processes have printed to where it stays; returns the folder.</summary>
    public string KeepLogs()
    {
        var kept = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "broken-systems", Label("logs"))).FullName;
        foreach (var log in Directory.GetFiles(LogFolder, "*.log"))
        {
            File.Copy(log, Path.Combine(kept, Path.GetFileName(log)));
        }
        return kept;
    }

    /// <summary>kill -9 of every process at once, then a cold start; returns when everything answers ready.</summary>
    public abstract Task CrashAndRestartEverything();

    /// <summary>Runs <paramref name="journey"/> with a single slot in the whole deployment.</summary>
    public abstract Task WithOneSlot(Func<Task> journey);

    /// <summary>Starts what a test has ended, and waits until every process answers ready. Throws when one has ended by itself.</summary>
    public abstract Task Heal();

    /// <summary>Where the logs of its processes are.</summary>
    public abstract string LogFolder { get; }

    /// <summary>A label that no other test uses.</summary>
    public static string Label(string word) => $"{word}-{Guid.CreateVersion7():N}";

    /// <summary>Starts everything; returns its address and a key for it.</summary>
    protected abstract Task<(Uri Address, string Key)> Start(IReadOnlyDictionary<string, string> settings);

    protected abstract Task Stop();

    /// <summary>Jobs of a task are refused until an executor has announced it.</summary>
    public Task Announced(params string[] tasks) => Eventually.Passes(async () =>
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
        ["JOBSYSTEM_SCAN_SECONDS"] = $"{ScanSeconds}",
        ["JOBSYSTEM_CANCEL_GRACE_SECONDS"] = $"{GraceSeconds}",
        ["JOBSYSTEM_DRAIN_SECONDS"] = "3",
    };
}

public sealed class BrokenSystemException(string message, Exception inner) : Exception(message, inner);
