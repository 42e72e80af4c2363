using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Duties;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Starts Quartz once the database is there and has its tables, and watches over it: should no instance have a shift although
/// something is overdue, this one steps in.
/// </summary>
public sealed partial class FiringClock(
    ScheduleMigration migration, ISchedulerFactory quartz, FiringPass pass, ScheduleStore store, TimeProvider time, ILogger<FiringClock> logger) : BackgroundDuty
{
    static readonly TimeSpan look = TimeSpan.FromSeconds(3);
    static readonly TimeSpan overdue = TimeSpan.FromSeconds(12);

    bool isStarted;

    protected override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected override Task Wait(CancellationToken stoppingToken) => isStarted ? Task.Delay(look, time, stoppingToken) : Task.CompletedTask;

    protected override async Task Work(CancellationToken stoppingToken)
    {
        if (!isStarted)
        {
            FiringMetrics.Show();
            await Start(stoppingToken);
            isStarted = true;
        }
        await StepIn(stoppingToken);
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
        await Plan<FireSchedules>(scheduler, "fire", FireSchedules.Every, stoppingToken);
        await Plan<RunReconciler>(scheduler, "settle", RunReconciler.Every, stoppingToken);
        await Plan<RunRetention>(scheduler, "forget", RunRetention.Every, stoppingToken);
        await scheduler.Start(stoppingToken);
        await scheduler.TriggerJob(new JobKey("fire"), null, stoppingToken);
    }

    /// <summary>Does nothing if another instance has done so already.</summary>
    static async Task Plan<TJob>(IScheduler scheduler, string name, TimeSpan every, CancellationToken cancellationToken) where TJob : IJob
    {
        if (await scheduler.GetTrigger(new TriggerKey(name), cancellationToken) is ISimpleTrigger there && there.RepeatInterval == every)
        {
            return;
        }
        var job = JobBuilder.Create<TJob>().WithIdentity(name).StoreDurably().Build();
        var trigger = TriggerBuilder.Create().WithIdentity(name).ForJob(job).StartNow().WithSimpleSchedule(x => x.WithInterval(every).RepeatForever()).Build();
        try
        {
            await scheduler.ScheduleJob(job, [trigger], new ScheduleJobOptions { Replace = true }, cancellationToken);
        }
        catch (ObjectAlreadyExistsException)
        {
            // Another instance was faster
        }
    }

    async Task StepIn(CancellationToken stoppingToken)
    {
        var (now, due) = await store.NextDue(stoppingToken);
        if (due is not null && now - due > overdue)
        {
            LogSteppedIn(now - due.Value);
            await pass.Run(stoppingToken);
        }
    }

    [LoggerMessage(3031, LogLevel.Warning, "A schedule is overdue by {Late} and no instance fires it; this instance takes over")]
    partial void LogSteppedIn(TimeSpan late);
}
