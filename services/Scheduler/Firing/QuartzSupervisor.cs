using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Duties;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Migrates the database and starts Quartz as soon as the database is available. Then fires overdue schedules itself if no instance of the
/// cluster does.
/// </summary>
public sealed partial class QuartzSupervisor(
    ScheduleMigration migration, ISchedulerFactory quartz, FiringPass pass, ScheduleStore store, TimeProvider time,
    ILogger<QuartzSupervisor> logger) : BackgroundDuty
{
    static readonly TimeSpan checkInterval = TimeSpan.FromSeconds(3);
    static readonly TimeSpan overdue = TimeSpan.FromSeconds(12);

    bool isStarted;

    protected override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected override Task Wait(CancellationToken stoppingToken) =>
        isStarted ? Task.Delay(checkInterval, time, stoppingToken) : Task.CompletedTask;

    protected override async Task Work(CancellationToken stoppingToken)
    {
        if (!isStarted)
        {
            FiringMetrics.Register();
            await Start(stoppingToken);
            isStarted = true;
        }
        await FireOverdue(stoppingToken);
    }

    protected override async Task Finish(CancellationToken cancellationToken)
    {
        foreach (var scheduler in await quartz.GetAllSchedulers(cancellationToken))
        {
            await scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken);
        }
    }

    async Task Start(CancellationToken stoppingToken)
    {
        await migration.Run(stoppingToken);
        var scheduler = await quartz.GetScheduler(stoppingToken);
        await AddQuartzJob<FireSchedules>(scheduler, "fire", FireSchedules.Every, stoppingToken);
        await AddQuartzJob<RunReconciler>(scheduler, "settle", RunReconciler.Every, stoppingToken);
        await AddQuartzJob<RunRetention>(scheduler, "forget", RunRetention.Every, stoppingToken);
        await scheduler.Start(stoppingToken);
        await scheduler.TriggerJob(new JobKey("fire"), null, stoppingToken);
    }

    /// <summary>Adds a recurring job to Quartz, unless the cluster has it already.</summary>
    static async Task AddQuartzJob<TJob>(IScheduler scheduler, string name, TimeSpan interval, CancellationToken cancellationToken)
        where TJob : IJob
    {
        if (await scheduler.GetTrigger(new TriggerKey(name), cancellationToken) is ISimpleTrigger existing
            && existing.RepeatInterval == interval)
        {
            return;
        }
        var job = JobBuilder.Create<TJob>().WithIdentity(name).StoreDurably().Build();
        var trigger = TriggerBuilder.Create().WithIdentity(name).ForJob(job).StartNow()
            .WithSimpleSchedule(x => x.WithInterval(interval).RepeatForever()).Build();
        try
        {
            await scheduler.ScheduleJob(job, [trigger], new ScheduleJobOptions { Replace = true }, cancellationToken);
        }
        catch (ObjectAlreadyExistsException)
        {
            // Another instance has added it meanwhile
        }
    }

    async Task FireOverdue(CancellationToken stoppingToken)
    {
        var (now, due) = await store.NextDue(stoppingToken);
        if (due is not null && now - due > overdue)
        {
            LogTookOver(now - due.Value);
            await pass.Run(stoppingToken);
        }
    }

    [LoggerMessage(3031, LogLevel.Warning, "A schedule is overdue by {Late} and no instance fires it; this instance takes over")]
    partial void LogTookOver(TimeSpan late);
}
