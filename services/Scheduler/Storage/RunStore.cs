using JobSystem.Contracts;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Scheduler.Storage;

/// <summary>Stores the progress of runs after they were decided.</summary>
public sealed class RunStore(ScheduleStore store)
{
    /// <summary>JobApi's answer about runs that were submitted.</summary>
    public Task Answered(IReadOnlyList<ScheduledJobTaken> answers, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var taken = answers.Where(x => x.Code is null).Select(x => x.JobId).ToArray();
        await context.Fires.Where(x => taken.Contains(x.JobId)).ExecuteUpdateAsync(x => x.SetProperty(f => f.SubmittedAt, now), cancellationToken);
        foreach (var refused in answers.Where(x => x.Code is not null))
        {
            await context.Fires.Where(x => x.JobId == refused.JobId && x.Outcome == null).ExecuteUpdateAsync(
                x => x.SetProperty(f => f.Outcome, RunOutcome.Rejected).SetProperty(f => f.OutcomeAt, now).SetProperty(f => f.Reason, refused.Reason), cancellationToken);
            await context.Schedules.Where(x => x.LastJobId == refused.JobId).ExecuteUpdateAsync(
                x => x.SetProperty(f => f.LastOutcome, RunOutcome.Rejected).SetProperty(f => f.LastOutcomeAt, now), cancellationToken);
        }
        return true;
    }, cancellationToken);

    /// <summary>Unconfirmed runs that this caller has to submit again.</summary>
    public Task<List<Fired>> TakeUnsent(int limit, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var before = now - ScheduleStore.InFlight - TimeSpan.FromSeconds(1);
        var fires = await (context.Database.IsNpgsql()
            ? context.Fires.FromSql($"select * from schedule_fires where submitted_at is null and outcome is null and sent_at < {before} order by sent_at limit {limit} for update skip locked")
            : context.Fires.Where(x => x.SubmittedAt == null && x.Outcome == null && x.SentAt < before).OrderBy(x => x.SentAt).Take(limit)).ToListAsync(cancellationToken);
        var ids = fires.Select(x => x.ScheduleId).Distinct().ToArray();
        var schedules = await context.Schedules.AsNoTracking().Where(x => ids.Contains(x.Id)).ToDictionaryAsync(x => x.Id, cancellationToken);
        foreach (var fire in fires)
        {
            if (schedules.ContainsKey(fire.ScheduleId))
            {
                fire.SentAt = now;
            }
            else
            {
                (fire.Outcome, fire.OutcomeAt) = (RunOutcome.Withdrawn, now);
            }
        }
        await context.SaveChangesAsync(cancellationToken);
        return fires.Where(x => x.Outcome is null).GroupBy(x => x.ScheduleId).Select(x => new Fired(schedules[x.Key], [.. x], [])).ToList();
    }, cancellationToken);

    /// <summary>Cancels runs of a schedule that are not in flight. Returns the number of runs that are.</summary>
    public Task<int> Withdraw(Guid scheduleId, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var before = now - ScheduleStore.InFlight;
        var unsent = context.Fires.Where(x => x.ScheduleId == scheduleId && x.SubmittedAt == null && x.Outcome == null);
        await unsent.Where(x => x.SentAt < before).ExecuteUpdateAsync(
            x => x.SetProperty(f => f.Outcome, RunOutcome.Withdrawn).SetProperty(f => f.OutcomeAt, now), cancellationToken);
        return await unsent.CountAsync(cancellationToken);
    }, cancellationToken);

    /// <summary>Jobs of open runs that nobody has asked about lately, and jobs of withdrawn runs: one of those may exist after all.</summary>
    public Task<List<RunRow>> ToAskAbout(int limit, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var (lately, settled) = (now - TimeSpan.FromSeconds(60), now - TimeSpan.FromSeconds(10));
        var fires = await context.Fires
            .Where(x => (x.Outcome == null && x.SubmittedAt < lately && (x.AskedAt == null || x.AskedAt < lately))
                || (x.Outcome == RunOutcome.Withdrawn && x.OutcomeAt < settled && x.AskedAt == null))
            .OrderBy(x => x.FiredAt).Take(limit).ToListAsync(cancellationToken);
        fires.ForEach(x => x.AskedAt = now);
        await context.SaveChangesAsync(cancellationToken);
        return fires;
    }, cancellationToken);

    /// <summary>Handles ended jobs. A job that is retried later ends again.</summary>
    public async Task Ended(IReadOnlyList<(string JobId, string Outcome, DateTimeOffset At)> ends, CancellationToken cancellationToken)
    {
        foreach (var same in ends.GroupBy(x => x.Outcome))
        {
            var (ids, outcome, at) = (same.Select(x => x.JobId).ToArray(), same.Key, same.Max(x => x.At));
            var schedules = await store.Write(async (context, _) =>
            {
                await context.Fires.Where(x => ids.Contains(x.JobId)).ExecuteUpdateAsync(x => x.SetProperty(f => f.Outcome, outcome).SetProperty(f => f.OutcomeAt, at), cancellationToken);
                return await context.Fires.Where(x => ids.Contains(x.JobId)).Select(x => x.ScheduleId).Distinct().ToArrayAsync(cancellationToken);
            }, cancellationToken);
            // In a separate transaction, to prevent a deadlock with a call that pauses the schedule
            await store.Write((context, _) => context.Schedules.Where(x => schedules.Contains(x.Id) && ids.Contains(x.LastJobId)).ExecuteUpdateAsync(
                x => x.SetProperty(f => f.LastOutcome, outcome).SetProperty(f => f.LastOutcomeAt, at), cancellationToken), cancellationToken);
        }
    }

    /// <summary>Removes up to <paramref name="limit"/> runs that ended before a time. Returns their number.</summary>
    public Task<int> Forget(TimeSpan age, int limit, CancellationToken cancellationToken) => store.Write(async (context, now) =>
    {
        var before = now - age;
        var old = await context.Fires.Where(x => x.OutcomeAt < before).OrderBy(x => x.OutcomeAt).Take(limit).ToListAsync(cancellationToken);
        context.RemoveRange(old);
        return await context.SaveChangesAsync(cancellationToken);
    }, cancellationToken);
}
