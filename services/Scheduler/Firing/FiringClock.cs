using JobSystem.Scheduler.Storage;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Starts Quartz once the database is there and has its tables, and watches over it: should no instance have a shift although
/// something is overdue, this one steps in.
/// </summary>
public sealed partial class FiringClock(
    ScheduleMigration migration, ISchedulerFactory quartz, FiringPass pass, ScheduleStore store, TimeProvider time, ILogger<FiringClock> logger) : BackgroundService
{
    static readonly TimeSpan pause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan look = TimeSpan.FromSeconds(3);
    static readonly TimeSpan overdue = TimeSpan.FromSeconds(12);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        FiringMetrics.Show();
        while (!await TryStart(stoppingToken))
        {
            await Task.Delay(pause, time, stoppingToken);
        }
        while (true)
        {
            await Task.Delay(look, time, stoppingToken);
            await StepIn(stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        foreach (var scheduler in await quartz.GetAllSchedulers(cancellationToken))
        {
            await scheduler.Shutdown(waitForJobsToComplete: true, cancellationToken);
        }
    }

    async Task<bool> TryStart(CancellationToken stoppingToken)
    {
        try
        {
            await migration.Run(stoppingToken);
            var scheduler = await quartz.GetScheduler(stoppingToken);
            await Plan<FireSchedules>(scheduler, "fire", FireSchedules.Every, stoppingToken);
            await Plan<SettleRuns>(scheduler, "settle", SettleRuns.Every, stoppingToken);
            await Plan<ForgetRuns>(scheduler, "forget", ForgetRuns.Every, stoppingToken);
            await scheduler.Start(stoppingToken);
            await scheduler.TriggerJob(new JobKey("fire"), null, stoppingToken);
            return true;
        }
        catch (Exception waiting) when (!stoppingToken.IsCancellationRequested)
        {
            LogWaiting(waiting.GetBaseException().Message);
            return false;
        }
    }

    /// <summary>Another instance may have done so already, and keeps its rhythm.</summary>
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
        try
        {
            var (now, due) = await store.NextDue(stoppingToken);
            if (due is not null && now - due > overdue)
            {
                LogSteppedIn(now - due.Value);
                await pass.Run(stoppingToken);
            }
        }
        catch (Exception away) when (!stoppingToken.IsCancellationRequested)
        {
            LogWaiting(away.GetBaseException().Message);
        }
    }

    [LoggerMessage(451, LogLevel.Warning, "Schedules wait for the database: {Reason}")]
    partial void LogWaiting(string reason);

    [LoggerMessage(452, LogLevel.Warning, "A schedule is overdue by {Late} and no shift has fired it; this instance steps in")]
    partial void LogSteppedIn(TimeSpan late);
}
