using JobSystem.Contracts;
using JobSystem.Scheduler.Schedules;
using JobSystem.Scheduler.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// One look at the schedules that are due: decides about them in one transaction, then hands their jobs on. Any number of
/// passes may run at the same time, in any number of processes: the row of a schedule belongs to one of them.
/// </summary>
public sealed partial class FiringPass(
    ScheduleStore store, RunStore runs, JobSender sender, JobApiClient jobApi, IOptions<SchedulerOptions> options, TimeProvider time, ILogger<FiringPass> logger)
{
    const int Batch = 200;
    static readonly TimeSpan postponed = TimeSpan.FromMinutes(1);
    static readonly TimeSpan silence = TimeSpan.FromSeconds(5);

    /// <summary>Decides runs that no other instance takes; they are sent when sending works again.</summary>
    static readonly TimeSpan othersFirst = TimeSpan.FromSeconds(3);
    long askAgainAt;

    /// <summary>Returns the number of due schedules.</summary>
    public async Task<int> Run(CancellationToken cancellationToken)
    {
        await HearAboutEarlierJobs(cancellationToken);
        var decidedAt = time.GetTimestamp();
        var fired = await Fire(cancellationToken);
        sender.TryEnqueue(fired, decidedAt);
        foreach (var run in fired.SelectMany(x => x.ToCancel))
        {
            await jobApi.Cancel(run.JobId, "the next run of its schedule is due", cancellationToken);
        }
        return fired.Count;
    }

    async Task<List<Fired>> Fire(CancellationToken cancellationToken)
    {
        try
        {
            return await store.FireDue(Batch, Decide, sender.IsInDoubt ? othersFirst : TimeSpan.Zero, null, cancellationToken);
        }
        catch (DbUpdateException refused)
        {
            LogRefused(refused.GetBaseException().Message);
        }
        // One schedule must not block others
        var fired = new List<Fired>();
        foreach (var id in await store.DueIds(Batch, cancellationToken))
        {
            try
            {
                fired.AddRange(await store.FireDue(1, Decide, TimeSpan.Zero, id, cancellationToken));
            }
            catch (DbUpdateException refused)
            {
                LogPostponed(id, refused.GetBaseException().Message);
                await store.Postpone(id, postponed, cancellationToken);
            }
        }
        return fired;
    }

    List<RunRow> Decide(ScheduleRow row, IReadOnlyList<RunRow> earlier, DateTimeOffset now)
    {
        try
        {
            var plan = Runs.Decide(row, now, options.Value);
            if (plan.Missed > 0)
            {
                FiringMetrics.Missed.Add(plan.Missed);
                LogMissed(row.Id, plan.Missed, row.MisfirePolicy);
            }
            return Apply(row, plan, earlier, now);
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            LogPostponed(row.Id, wrong.Message);
            row.NextDueAt = now + postponed;
            return [];
        }
    }

    /// <summary>Jobs that must not overlap include those of several ticks that are due together: only the last of them is kept.</summary>
    static List<RunRow> Apply(ScheduleRow row, Plan plan, IReadOnlyList<RunRow> earlier, DateTimeOffset now)
    {
        var ticks = row.OverlapPolicy switch
        {
            OverlapPolicies.Allow => plan.Fire,
            OverlapPolicies.Skip when earlier.Count > 0 => [],
            _ => [.. plan.Fire.TakeLast(1)],
        };
        var fires = ticks.Select(tick => Runs.Of(row, tick, now)).ToList();
        foreach (var tick in ticks)
        {
            FiringMetrics.Fired.Add(1);
            FiringMetrics.Lag.Record(Math.Max(0, (now - tick).TotalSeconds));
        }
        (row.LastTick, row.MissedCount, row.SkippedCount) = (plan.Last, row.MissedCount + plan.Missed, row.SkippedCount + plan.Fire.Count - ticks.Count);
        if (fires is [.., var last])
        {
            (row.LastRunAt, row.LastJobId, row.LastOutcome, row.LastOutcomeAt, row.FiredCount) = (last.Tick, last.JobId, null, null, row.FiredCount + fires.Count);
        }
        Runs.GoOn(row, plan.Next);
        return fires;
    }

    /// <summary>Asks for jobs whose end may have been missed. Without a response, a job counts as running.</summary>
    async Task HearAboutEarlierJobs(CancellationToken cancellationToken)
    {
        if (time.GetTimestamp() < askAgainAt || await store.InTheWay(cancellationToken) is not { Count: > 0 } jobs)
        {
            return;
        }
        try
        {
            var states = await jobApi.States(jobs, cancellationToken);
            await runs.Ended([.. states.Values.Where(x => JobStatus.IsFinal(x.Status)).Select(x => (x.JobId, x.Status, x.EndedAt ?? time.GetUtcNow()))], cancellationToken);
        }
        catch (Exception away) when (away is not (OperationCanceledException or DatabaseAwayException))
        {
            askAgainAt = time.GetTimestamp() + (long)(silence.TotalSeconds * time.TimestampFrequency);
            LogSilent(away.GetBaseException().Message);
        }
    }

    [LoggerMessage(3011, LogLevel.Warning, "Schedule {ScheduleId} missed {Count} runs; misfire policy: {Policy}")]
    partial void LogMissed(Guid scheduleId, long count, string policy);

    [LoggerMessage(3012, LogLevel.Error, "Could not fire schedule {ScheduleId}; next attempt in a minute: {Reason}")]
    partial void LogPostponed(Guid scheduleId, string reason);

    [LoggerMessage(3013, LogLevel.Warning, "Could not fire a batch of schedules; firing them one by one: {Reason}")]
    partial void LogRefused(string reason);

    [LoggerMessage(3014, LogLevel.Warning, "JobApi did not respond with the states of earlier jobs: {Reason}")]
    partial void LogSilent(string reason);
}
