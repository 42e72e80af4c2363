using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using Npgsql;

namespace JobSystem.Bench.Peers.Hosted;

/// <summary>Hangfire.PostgreSql. In its favour, client and server share this process, with no HTTP between them.</summary>
public sealed class HangfirePeer : IHostedPeer
{
    static Countdown countdown = new(0);

    readonly HangfireSettings settings;
    readonly PostgreSqlStorage storage;
    readonly BackgroundJobServer server;
    readonly BackgroundJobClient client;
    long total;

    HangfirePeer(HangfireSettings settings, PostgreSqlStorage storage)
    {
        (this.settings, this.storage) = (settings, storage);
        server = new BackgroundJobServer(settings.Server, storage);
        client = new BackgroundJobClient(storage);
    }

    /// <summary>The job. Hangfire calls it by name, so it is public and static.</summary>
    public static int Echo(int number)
    {
        countdown.Signal();
        return number;
    }

    public static IHostedPeer Start(HangfireSettings settings, string postgres)
    {
        var connection = new NpgsqlConnectionStringBuilder(postgres) { MaxPoolSize = 80, NoResetOnClose = settings.NoResetOnClose };
        var factory = new NpgsqlConnectionFactory(connection.ConnectionString, settings.Storage);
        return new HangfirePeer(settings, new PostgreSqlStorage(factory, settings.Storage));
    }

    public async Task<TimeSpan> Round(int jobs, CancellationToken ct)
    {
        countdown = new Countdown(jobs);
        total += jobs;
        var start = TimeProvider.System.GetTimestamp();
        await Enqueue(jobs, ct);
        var monitoring = storage.GetMonitoringApi();
        await countdown.Recorded(() => Task.FromResult(monitoring.SucceededListCount() >= total), ct);
        return TimeProvider.System.GetElapsedTime(start);
    }

    public ValueTask DisposeAsync()
    {
        server.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task Enqueue(int jobs, CancellationToken ct)
    {
        var next = 0;
        var threads = Enumerable.Range(0, settings.EnqueueThreads).Select(_ => Task.Factory.StartNew(() =>
        {
            for (var number = Interlocked.Increment(ref next); number <= jobs; number = Interlocked.Increment(ref next))
            {
                var argument = number;
                client.Enqueue(() => Echo(argument));
            }
        }, ct, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(threads);
    }
}

/// <summary>One way to set Hangfire up.</summary>
public sealed record HangfireSettings(
    BackgroundJobServerOptions Server, PostgreSqlStorageOptions Storage, int EnqueueThreads, bool NoResetOnClose)
{
    /// <summary>What a new application gets.</summary>
    public static HangfireSettings Defaults =>
        new(new BackgroundJobServerOptions(), new PostgreSqlStorageOptions(), EnqueueThreads: 4, NoResetOnClose: false);

    /// <summary>
    /// More workers and clients, so that their commits share WAL flushes; the shortest poll that it allows; no reset of pooled connections.
    /// </summary>
    public static HangfireSettings Tuned => new(new BackgroundJobServerOptions { WorkerCount = 20 },
        new PostgreSqlStorageOptions { QueuePollInterval = TimeSpan.FromMilliseconds(50) }, EnqueueThreads: 8, NoResetOnClose: true);

    /// <summary>The settings in words.</summary>
    public string Describe() => $"{Server.WorkerCount} workers, QueuePollInterval {Storage.QueuePollInterval.TotalSeconds:0.###} s, "
        + $"No Reset On Close {NoResetOnClose}; enqueued one by one by {EnqueueThreads} threads; ended when its state is Succeeded";
}
