using Hangfire;
using Hangfire.PostgreSql;
using JobSystem.Bench.Meters;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;
using Npgsql;

namespace JobSystem.Bench.Peers;

/// <summary>
/// Hangfire on the same PostgreSQL server, in a database of its own. In its favour: client and server share this process (no HTTP between them),
/// and a job counts when it has run, not when its end is stored.
/// </summary>
public sealed class HangfirePeer(BenchStack stack, BenchOptions options)
{
    const string Database = "jobsystem_bench_hangfire";
    static Countdown s_countdown = new(0);

    /// <summary>The job. Hangfire calls it by name, so it is public and static.</summary>
    public static void Run() => s_countdown.Signal();

    public async Task<Section> Measure(HangfireSettings settings, CancellationToken ct)
    {
        Console.Error.WriteLine($"peer: Hangfire.PostgreSql, {settings.Name}");
        var connectionString = new NpgsqlConnectionStringBuilder(stack.Env.Postgres) { Database = Database, MaxPoolSize = 80, NoResetOnClose = settings.NoResetOnClose }.ConnectionString;
        await Administer($"create database {Database}", ct);
        try
        {
            return await Measure(settings, connectionString, ct);
        }
        finally
        {
            NpgsqlConnection.ClearAllPools();
            await Administer($"drop database {Database} with (force)", CancellationToken.None);
        }
    }

    async Task<Section> Measure(HangfireSettings settings, string connectionString, CancellationToken ct)
    {
        var storageOptions = settings.Storage;
        var storage = new PostgreSqlStorage(new Hangfire.PostgreSql.Factories.NpgsqlConnectionFactory(connectionString, storageOptions), storageOptions);
        using var server = new BackgroundJobServer(settings.Server, storage);
        var client = new BackgroundJobClient(storage);
        await Round(client, settings, options.PeerJobs / 4, ct);
        await using var measurement = await Measurement.Begin(stack.Env, ct, connectionString);
        var speeds = new List<double>();
        for (var i = 0; i < options.Rounds; i++)
        {
            var elapsed = await measurement.Round(() => Round(client, settings, options.PeerJobs, ct));
            speeds.Add(options.PeerJobs / elapsed.TotalSeconds);
            Console.Error.WriteLine($"  round {i + 1}: {speeds[^1]:F0} jobs/s");
        }
        var section = new Section($"peer: Hangfire.PostgreSql, {settings.Name}: {options.PeerJobs} no-op jobs")
            .Add("jobs_per_second", "jobs/s from first enqueue to last run, median", Percentiles.Median(speeds), "jobs/s",
                note: "rounds: " + string.Join(' ', speeds.Select(ReportTable.Number)))
            .Note($"{settings.EnqueueThreads} enqueuing threads, {settings.Server.WorkerCount} workers, QueuePollInterval {storageOptions.QueuePollInterval}, long polling {storageOptions.EnableLongPolling}, No Reset On Close {settings.NoResetOnClose}");
        await measurement.Finish(section, options.PeerJobs * options.Rounds, options.Statements, ct);
        return section;
    }

    static async Task<TimeSpan> Round(BackgroundJobClient client, HangfireSettings settings, int jobs, CancellationToken ct)
    {
        s_countdown = new Countdown(jobs);
        var start = TimeProvider.System.GetTimestamp();
        var next = 0;
        var threads = Enumerable.Range(0, settings.EnqueueThreads).Select(_ => Task.Factory.StartNew(() =>
        {
            while (Interlocked.Increment(ref next) <= jobs)
            {
                client.Enqueue(() => Run());
            }
        }, ct, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        await Task.WhenAll(threads);
        await s_countdown.Done.WaitAsync(TimeSpan.FromMinutes(10), ct);
        return TimeProvider.System.GetElapsedTime(start);
    }

    async Task Administer(string sql, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(stack.Env.Postgres) { Database = "postgres", Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }
}

/// <summary>One way to set Hangfire up.</summary>
public sealed record HangfireSettings(string Name, BackgroundJobServerOptions Server, PostgreSqlStorageOptions Storage, int EnqueueThreads, bool NoResetOnClose)
{
    /// <summary>What a new application gets.</summary>
    public static HangfireSettings Defaults => new("as it comes", new BackgroundJobServerOptions(), new PostgreSqlStorageOptions(), 4, NoResetOnClose: false);

    /// <summary>More workers and clients, so that their commits share WAL flushes; the shortest poll that it allows; no reset of pooled connections.</summary>
    public static HangfireSettings Tuned => new("tuned", new BackgroundJobServerOptions { WorkerCount = 20 },
        new PostgreSqlStorageOptions { QueuePollInterval = TimeSpan.FromMilliseconds(50) }, 8, NoResetOnClose: true);
}
