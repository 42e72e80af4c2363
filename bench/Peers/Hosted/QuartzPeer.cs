using System.Globalization;
using Npgsql;
using Quartz;

namespace JobSystem.Bench.Peers.Hosted;

/// <summary>
/// Quartz.NET with its ADO job store: each job is a job of its own with one trigger that is due at once. Quartz deletes both when the job
/// has ended, and keeps no result.
/// </summary>
public sealed class QuartzPeer : IHostedPeer
{
    const string Unended = "select exists (select from qrtz_job_details) or exists (select from qrtz_fired_triggers)";
    static Countdown countdown = new(0);

    readonly IScheduler scheduler;
    readonly NpgsqlDataSource source;
    int rounds;

    QuartzPeer(IScheduler scheduler, NpgsqlDataSource source) => (this.scheduler, this.source) = (scheduler, source);

    public static async Task<IHostedPeer> Start(QuartzSettings settings, string postgres, CancellationToken ct)
    {
        var builder = QuartzSchedulerBuilder.Create(quartz =>
        {
            if (settings.Threads is { } threads)
            {
                quartz.UseDefaultThreadPool(threads);
            }
            quartz.ConfigureScheduler(options => options.BatchTriggerAcquisitionFireAheadTimeWindow = settings.FireAhead);
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(settings.ConnectionString(postgres));
                store.UseSystemTextJsonSerializer();
                store.ProvisionSchema();
            });
        });
        var scheduler = await builder.BuildScheduler(ct);
        await scheduler.Start(ct);
        return new QuartzPeer(scheduler, NpgsqlDataSource.Create(postgres));
    }

    public async Task<TimeSpan> Round(int jobs, CancellationToken ct)
    {
        countdown = new Countdown(jobs);
        rounds++;
        var start = TimeProvider.System.GetTimestamp();
        foreach (var numbers in Enumerable.Range(0, jobs).Chunk(QuartzSettings.Batch))
        {
            await scheduler.ScheduleJobs(OneOffs(numbers), new ScheduleJobOptions(), ct);
        }
        await countdown.Recorded(() => AllEnded(ct), ct);
        return TimeProvider.System.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync()
    {
        await scheduler.Shutdown(waitForJobsToComplete: true, CancellationToken.None);
        await source.DisposeAsync();
    }

    Dictionary<IJobDetail, IReadOnlyCollection<ITrigger>> OneOffs(int[] numbers)
    {
        var schedule = new Dictionary<IJobDetail, IReadOnlyCollection<ITrigger>>(numbers.Length);
        foreach (var number in numbers)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{rounds}-{number}");
            var job = JobBuilder.Create<EchoJob>().WithIdentity(name).UsingJobData("number", number).Build();
            schedule[job] = [TriggerBuilder.Create().WithIdentity(name).ForJob(job).StartNow().Build()];
        }
        return schedule;
    }

    async Task<bool> AllEnded(CancellationToken ct)
    {
        await using var command = source.CreateCommand(Unended);
        return await command.ExecuteScalarAsync(ct) is false;
    }

    /// <summary>The job. Quartz creates it by name.</summary>
    public sealed class EchoJob : Quartz.IJob
    {
        public ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        {
            context.Result = context.MergedJobDataMap["number"];
            countdown.Signal();
            return default;
        }
    }
}

/// <summary>One way to set Quartz up.</summary>
public sealed record QuartzSettings(int? Threads, TimeSpan FireAhead, bool NoResetOnClose)
{
    /// <summary>Jobs of one call of ScheduleJobs, which stores them in one transaction.</summary>
    public const int Batch = 500;

    /// <summary>What a new application gets; a persistent store takes as many triggers at a time as there are threads.</summary>
    public static QuartzSettings Defaults => new(null, TimeSpan.Zero, NoResetOnClose: false);

    /// <summary>
    /// More threads, which makes the batches larger too; triggers due within a second together; no reset of pooled connections.
    /// </summary>
    public static QuartzSettings Tuned => new(20, TimeSpan.FromSeconds(1), NoResetOnClose: true);

    public string ConnectionString(string postgres) =>
        new NpgsqlConnectionStringBuilder(postgres) { NoResetOnClose = NoResetOnClose }.ConnectionString;

    /// <summary>The settings in words.</summary>
    public string Describe() => $"ADO job store, {Threads?.ToString(CultureInfo.InvariantCulture) ?? "default"} threads, "
        + $"fire-ahead window {FireAhead.TotalSeconds:0.###} s, No Reset On Close {NoResetOnClose}; "
        + $"one-off jobs scheduled {Batch} at a time; ended when Quartz has deleted job and trigger, no result kept";
}
