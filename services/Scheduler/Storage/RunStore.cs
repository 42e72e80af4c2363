using JobSystem.Contracts;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Scheduler.Storage;

/// <summary>Stores the progress of runs after they were decided.</summary>
public sealed class RunStore(ScheduleStore store)
{
    /// <summary>Stores JobApi's response about the jobs of runs.</summary>
    public Task SaveResponses(
        IReadOnlyList<ScheduledJobTaken> responses, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var taken = responses.Where(x => x.Code is null).Select(x => x.JobId).ToArray();
        await context.Runs.Where(x => taken.Contains(x.JobId))
            .ExecuteUpdateAsync(x => x.SetProperty(r => r.SubmittedAt, now), cancellationToken);
        foreach (var refused in responses.Where(x => x.Code is not null))
        {
            await context.Runs.Where(x => x.JobId == refused.JobId && x.Outcome == null).ExecuteUpdateAsync(
                x => x.SetProperty(r => r.Outcome, RunOutcome.Rejected).SetProperty(r => r.OutcomeAt, now)
                    .SetProperty(r => r.Reason, refused.Reason), cancellationToken);
            await context.Schedules.Where(x => x.LastJobId == refused.JobId).ExecuteUpdateAsync(
                x => x.SetProperty(r => r.LastOutcome, RunOutcome.Rejected).SetProperty(r => r.LastOutcomeAt, now), cancellationToken);
        }
        return true;
    }, cancellationToken);

    /// <summary>Reserves unconfirmed runs, which the caller has to submit again.</summary>
    public Task<List<FiredSchedule>> ReserveUnsent(int limit, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var before = now - ScheduleStore.InFlight - TimeSpan.FromSeconds(1);
        var runs = await (context.Database.IsNpgsql()
            ? context.Runs.FromSql(
                $"""
                select * from schedule_fires where submitted_at is null and outcome is null and sent_at < {before}
                order by sent_at limit {limit} for update skip locked
                """)
            : context.Runs.Where(x => x.SubmittedAt == null && x.Outcome == null && x.SentAt < before).OrderBy(x => x.SentAt).Take(limit))
            .ToListAsync(cancellationToken);
        var ids = runs.Select(x => x.ScheduleId).Distinct().ToArray();
        var schedules = await context.Schedules.AsNoTracking().Where(x => ids.Contains(x.Id))
            .ToDictionaryAsync(x => x.Id, cancellationToken);
        foreach (var run in runs)
        {
            if (schedules.ContainsKey(run.ScheduleId))
            {
                run.SentAt = now;
            }
            else
            {
                (run.Outcome, run.OutcomeAt) = (RunOutcome.Withdrawn, now);
            }
        }
        await context.SaveChangesAsync(cancellationToken);
        return runs.Where(x => x.Outcome is null).GroupBy(x => x.ScheduleId).Select(x => new FiredSchedule(schedules[x.Key], [.. x], []))
            .ToList();
    }, cancellationToken);

    /// <summary>Cancels runs of a schedule that are not in flight. Returns the number of runs that are.</summary>
    public Task<int> Withdraw(Guid scheduleId, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var before = now - ScheduleStore.InFlight;
        var unsent = context.Runs.Where(x => x.ScheduleId == scheduleId && x.SubmittedAt == null && x.Outcome == null);
        await unsent.Where(x => x.SentAt < before).ExecuteUpdateAsync(
            x => x.SetProperty(r => r.Outcome, RunOutcome.Withdrawn).SetProperty(r => r.OutcomeAt, now), cancellationToken);
        return await unsent.CountAsync(cancellationToken);
    }, cancellationToken);

    /// <summary>
    /// Reserves runs whose jobs JobApi has to be asked about: open ones, once a minute, and withdrawn ones, whose
    /// job may exist all the same.
    /// </summary>
    public Task<List<RunRow>> ReserveUnsettled(int limit, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var (recently, settled) = (now - TimeSpan.FromSeconds(60), now - TimeSpan.FromSeconds(10));
        var runs = await context.Runs
            .Where(x => (x.Outcome == null && x.SubmittedAt < recently && (x.AskedAt == null || x.AskedAt < recently))
                || (x.Outcome == RunOutcome.Withdrawn && x.OutcomeAt < settled && x.AskedAt == null))
            .OrderBy(x => x.FiredAt).Take(limit).ToListAsync(cancellationToken);
        runs.ForEach(x => x.AskedAt = now);
        await context.SaveChangesAsync(cancellationToken);
        return runs;
    }, cancellationToken);

    /// <summary>Stores the outcomes of jobs that ended. A job that is retried afterwards ends again.</summary>
    public async Task SaveEnds(IReadOnlyList<(string JobId, string Outcome, DateTimeOffset At)> ends, CancellationToken cancellationToken)
    {
        foreach (var same in ends.GroupBy(x => x.Outcome))
        {
            var (ids, outcome, at) = (same.Select(x => x.JobId).ToArray(), same.Key, same.Max(x => x.At));
            var schedules = await store.Write(async (context, _) =>
            {
                await context.Runs.Where(x => ids.Contains(x.JobId))
                    .ExecuteUpdateAsync(x => x.SetProperty(r => r.Outcome, outcome).SetProperty(r => r.OutcomeAt, at), cancellationToken);
                return await context.Runs.Where(x => ids.Contains(x.JobId)).Select(x => x.ScheduleId).Distinct()
                    .ToArrayAsync(cancellationToken);
            }, cancellationToken);
            // In a separate transaction, to prevent a deadlock with a call that pauses the schedule
            await store.Write((context, _) => context.Schedules
                .Where(x => schedules.Contains(x.Id) && ids.Contains(x.LastJobId))
                .ExecuteUpdateAsync(x => x.SetProperty(s => s.LastOutcome, outcome).SetProperty(s => s.LastOutcomeAt, at), cancellationToken),
                cancellationToken);
        }
    }

    /// <summary>Deletes up to <paramref name="limit"/> runs that ended longer ago than this age. Returns their number.</summary>
    public Task<int> DeleteEnded(TimeSpan age, int limit, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var before = now - age;
        var old = await context.Runs.Where(x => x.OutcomeAt < before).OrderBy(x => x.OutcomeAt).Take(limit).ToListAsync(cancellationToken);
        context.RemoveRange(old);
        return await context.SaveChangesAsync(cancellationToken);
    }, cancellationToken);
}
