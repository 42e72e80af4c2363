using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.Scheduler.Storage;
using JobSystem.Testing.Clock;
using JobSystem.Worker;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace JobSystem.Testing.InMemory;

/// <summary>Reads what there is to do.</summary>
/// <param name="gaveUp">Attempts that are not waited for any more.</param>
sealed class SystemProbe(
    IJobStore jobs, IDbContextFactory<JobsDbContext> jobContexts, DatabaseClock databaseClock, ScheduleStore schedules,
    IDbContextFactory<ScheduleDbContext> scheduleContexts, Attempts attempts, int slots, TestClock clock, Func<AttemptRun, bool> gaveUp)
{
    /// <summary>
    /// Schedules are read before and after the jobs: a run that is fired meanwhile is either seen as a run that is not sent, or as a job, or as a difference.
    /// </summary>
    public async Task<SystemSnapshot> Read(CancellationToken cancellationToken)
    {
        var before = await ReadSchedules(cancellationToken);
        if (before.IsDue || before.Unsent > 0)
        {
            return new() { IsSteady = false, Schedules = before, IsTimerDue = false, Held = [], Busy = [], Queued = [] };
        }
        return await ReadJobs(before, cancellationToken);
    }

    /// <summary>Reads the jobs even if schedules have something to do.</summary>
    public async Task<SystemSnapshot> ReadAll(CancellationToken cancellationToken) =>
        await ReadJobs(await ReadSchedules(cancellationToken), cancellationToken);

    /// <summary>When something becomes due by itself; null if nothing does.</summary>
    public async Task<DateTimeOffset?> NextDue(CancellationToken cancellationToken)
    {
        DateTimeOffset?[] all =
        [
            await jobs.NextDue(DateTimeOffset.UnixEpoch, cancellationToken), (await schedules.NextDue(cancellationToken)).Due, clock.NextTimer,
        ];
        return all.Min();
    }

    /// <summary>The ids of some jobs of a group.</summary>
    public async Task<IReadOnlyList<string>> Ids(QueuedJobs group, int limit, CancellationToken cancellationToken)
    {
        await using var context = await jobContexts.CreateDbContextAsync(cancellationToken);
        var found = await Startable(context).Where(x => x.QueueName == group.QueueName && x.TaskName == group.TaskName
                && x.TaskVersion == group.Version && x.PinnedTo == group.PinnedTo)
            .OrderBy(x => x.ReadyAt).Take(limit).Select(x => new { x.CorrelationId, x.Key }).ToListAsync(cancellationToken);
        return found.ConvertAll(x => x.Key ?? x.CorrelationId.ToString());
    }

    async Task<SystemSnapshot> ReadJobs(ScheduleWork before, CancellationToken cancellationToken)
    {
        await using var context = await jobContexts.CreateDbContextAsync(cancellationToken);
        await using var moment = await ReadAtOneMoment(context, cancellationToken);
        var held = await ReadHeld(context, cancellationToken);
        var queued = await ReadQueued(context, cancellationToken);
        var isTimerDue = await context.Jobs.MinAsync(x => x.DueAt, cancellationToken) <= databaseClock.UtcNow;
        var isSettled = clock.IsSettled;
        var hasFreeSlot = attempts.Running < slots;
        var runs = attempts.All();
        var all = held.ConvertAll(x => (x, runs.Find(run => run.Key == new AttemptKey(x.Id, x.Attempt))));
        var busy = new List<(HeldJob, AttemptRun?)>();
        foreach (var (job, run) in all)
        {
            if (job.IsBroadcast ? !await HasOpenChild(context, job.Id, cancellationToken) : IsBusy(job, run, hasFreeSlot))
            {
                busy.Add((job, run));
            }
        }
        // Once is enough when there is something to wait for
        var after = busy.Count == 0 && !isTimerDue ? await ReadSchedules(cancellationToken) : before;
        return new()
        {
            IsSteady = isSettled && before == after && runs.TrueForAll(x => x.IsRunning),
            Schedules = after,
            IsTimerDue = isTimerDue,
            Held = all,
            Busy = busy,
            Queued = queued,
        };
    }

    /// <summary>A job that is claimed meanwhile would be missing among those that wait and those that run. Deferred, to hold up no writer.</summary>
    static async Task<IDbContextTransaction?> ReadAtOneMoment(JobsDbContext context, CancellationToken cancellationToken)
    {
        await context.Database.OpenConnectionAsync(cancellationToken);
        return await context.Database.UseTransactionAsync(
            ((SqliteConnection)context.Database.GetDbConnection()).BeginTransaction(deferred: true), cancellationToken);
    }

    bool IsBusy(HeldJob job, AttemptRun? run, bool hasFreeSlot)
    {
        if (run is null || (job.IsCancelled && run.StopReason == JobStopReason.None))
        {
            return true;
        }
        if (!run.HasSlot)
        {
            // If none is free, it gets one from an attempt that is looked at as well
            return hasFreeSlot && !gaveUp(run);
        }
        return !gaveUp(run) && !((run.StopReason == JobStopReason.None || run.IsTokenCancelled) && clock.IsAwaitedBy(run));
    }

    async Task<ScheduleWork> ReadSchedules(CancellationToken cancellationToken)
    {
        var next = await schedules.NextDue(cancellationToken);
        await using var context = await scheduleContexts.CreateDbContextAsync(cancellationToken);
        var runs = await context.Runs.GroupBy(x => 1)
            .Select(x => new { All = x.Count(), Unsent = x.Count(run => run.SubmittedAt == null && run.Outcome == null) })
            .SingleOrDefaultAsync(cancellationToken);
        return new(next.Due <= next.Now, runs?.Unsent ?? 0, runs?.All ?? 0);
    }

    static async Task<List<HeldJob>> ReadHeld(JobsDbContext context, CancellationToken cancellationToken)
    {
        var rows = await context.Jobs.AsNoTracking()
            .Where(x => x.CompletedAt == null && (x.CurrentState == JobStatus.Reserved || x.CurrentState == JobStatus.Running))
            .OrderBy(x => x.ReadyAt)
            .Select(x => new { x.CorrelationId, x.Key, x.TaskName, x.Attempt, x.IsBroadcast, IsCancelled = x.CancelRequestedAt != null })
            .ToListAsync(cancellationToken);
        return rows.ConvertAll(x => new HeldJob(
            x.CorrelationId, x.Key ?? x.CorrelationId.ToString(), x.TaskName, x.Attempt, x.IsBroadcast, x.IsCancelled));
    }

    static async Task<List<QueuedJobs>> ReadQueued(JobsDbContext context, CancellationToken cancellationToken)
    {
        var groups = await Startable(context).GroupBy(x => new { x.QueueName, x.TaskName, x.TaskVersion, x.PinnedTo })
            .Select(x => new { x.Key, Count = x.Count() }).ToListAsync(cancellationToken);
        return groups.ConvertAll(x => new QueuedJobs(x.Key.QueueName, x.Key.TaskName, x.Key.TaskVersion, x.Key.PinnedTo, x.Count));
    }

    static IQueryable<JobApi.Model.JobState> Startable(JobsDbContext context) =>
        context.Jobs.AsNoTracking().Where(x => x.CompletedAt == null && x.CurrentState == JobStatus.Pending && x.NotBefore == null);

    static Task<bool> HasOpenChild(JobsDbContext context, Guid parent, CancellationToken cancellationToken) =>
        context.Jobs.AnyAsync(x => x.ParentId == parent && x.PinnedTo != null && x.CompletedAt == null, cancellationToken);
}
