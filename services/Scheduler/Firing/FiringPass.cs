using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Fires the schedules that are due: decides about them in one transaction, then passes their jobs to <see cref="JobSender"/>. Any number
/// of passes can run concurrently, in any number of processes, because each locks its schedules.
/// </summary>
public sealed partial class FiringPass(
    ScheduleStore store, RunStore runs, JobSender sender, JobApiClient jobApi, IOptions<SchedulerOptions> options, TimeProvider time,
    ILogger<FiringPass> logger)
{
    const int Batch = 200;
    static readonly TimeSpan postponement = TimeSpan.FromMinutes(1);

    /// <summary>How long JobApi is not asked for states again after it has not responded.</summary>
    static readonly TimeSpan statesRetry = TimeSpan.FromSeconds(5);

    /// <summary>How long schedules are left to other instances while this one cannot send.</summary>
    static readonly TimeSpan graceWhenFailing = TimeSpan.FromSeconds(3);
    long nextStatesAt;

    /// <summary>Returns the number of due schedules.</summary>
    public async Task<int> Run(CancellationToken cancellationToken)
    {
        await UpdateEarlierRuns(cancellationToken);
        var decidedAt = time.GetTimestamp();
        var fired = await FireDue(cancellationToken);
        sender.TryEnqueue(fired, decidedAt);
        foreach (var run in fired.SelectMany(x => x.ToCancel))
        {
            await jobApi.Cancel(run.JobId, "the next run of its schedule is due", cancellationToken);
        }
        return fired.Count;
    }

    async Task<List<FiredSchedule>> FireDue(CancellationToken cancellationToken)
    {
        try
        {
            return await store.FireDue(Batch, Decide, sender.IsFailing ? graceWhenFailing : TimeSpan.Zero, null, cancellationToken);
        }
        catch (DbUpdateException exception)
        {
            LogBatchFailed(exception.GetBaseException().Message);
        }
        // One schedule must not block others
        var fired = new List<FiredSchedule>();
        foreach (var id in await store.DueIds(Batch, cancellationToken))
        {
            try
            {
                fired.AddRange(await store.FireDue(1, Decide, TimeSpan.Zero, id, cancellationToken));
            }
            catch (DbUpdateException exception)
            {
                LogPostponed(id, exception.GetBaseException().Message);
                await store.Postpone(id, postponement, cancellationToken);
            }
        }
        return fired;
    }

    List<RunRow> Decide(ScheduleRow row, IReadOnlyList<RunRow> earlier, DateTimeOffset now)
    {
        try
        {
            var decision = FiringDecision.Decide(row, now, options.Value);
            if (decision.Missed > 0)
            {
                FiringMetrics.Missed.Add(decision.Missed);
                LogMissed(row.Id, decision.Missed, row.MisfirePolicy);
            }
            return Apply(row, decision, earlier, now);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            LogPostponed(row.Id, exception.Message);
            row.NextDueAt = now + postponement;
            return [];
        }
    }

    /// <summary>
    /// Applies the overlap policy, and returns the new runs. Of several runs that are due together and must not
    /// overlap, only the last fires.
    /// </summary>
    static List<RunRow> Apply(ScheduleRow row, FiringDecision decision, IReadOnlyList<RunRow> earlier, DateTimeOffset now)
    {
        var toFire = row.OverlapPolicy switch
        {
            OverlapPolicies.Allow => decision.ToFire,
            OverlapPolicies.Skip when earlier.Count > 0 => [],
            _ => [.. decision.ToFire.TakeLast(1)],
        };
        var runs = toFire.Select(plannedAt => RunRow.Create(row.Id, plannedAt, now)).ToList();
        foreach (var plannedAt in toFire)
        {
            FiringMetrics.Fired.Add(1);
            FiringMetrics.Lag.Record(Math.Max(0, (now - plannedAt).TotalSeconds));
        }
        row.DecidedUntil = decision.Last;
        row.MissedCount += decision.Missed;
        row.SkippedCount += decision.ToFire.Count - toFire.Count;
        if (runs is [.., var last])
        {
            (row.LastRunAt, row.LastJobId, row.LastOutcome, row.LastOutcomeAt) = (last.PlannedAt, last.JobId, null, null);
            row.RunCount += runs.Count;
        }
        ScheduleProgress.PlanNext(row, decision.Next);
        return runs;
    }

    /// <summary>Asks JobApi for jobs of earlier runs that may have ended. Without a response, a job counts as running.</summary>
    async Task UpdateEarlierRuns(CancellationToken cancellationToken)
    {
        if (time.GetTimestamp() < nextStatesAt || await store.JobsThatBlockDue(cancellationToken) is not { Count: > 0 } jobs)
        {
            return;
        }
        try
        {
            var states = await jobApi.States(jobs, cancellationToken);
            var ended = states.Values.Where(x => JobStatus.IsFinal(x.Status));
            await runs.SaveEnds([.. ended.Select(x => (x.JobId, x.Status, x.EndedAt ?? time.GetUtcNow()))], cancellationToken);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or DatabaseUnavailableException))
        {
            nextStatesAt = time.GetTimestamp() + (long)(statesRetry.TotalSeconds * time.TimestampFrequency);
            LogSilent(exception.GetBaseException().Message);
        }
    }

    [LoggerMessage(3011, LogLevel.Warning, "Schedule {ScheduleId} missed {Count} runs; misfire policy: {Policy}")]
    partial void LogMissed(Guid scheduleId, long count, string policy);

    [LoggerMessage(3012, LogLevel.Error, "Could not fire schedule {ScheduleId}; next attempt in a minute: {Reason}")]
    partial void LogPostponed(Guid scheduleId, string reason);

    [LoggerMessage(3013, LogLevel.Warning, "Could not fire a batch of schedules; firing them one by one: {Reason}")]
    partial void LogBatchFailed(string reason);

    [LoggerMessage(3014, LogLevel.Warning, "JobApi did not respond with the states of earlier jobs: {Reason}")]
    partial void LogSilent(string reason);
}
