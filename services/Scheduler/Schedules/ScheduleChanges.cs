using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// Changes by callers. Pausing, deleting and replacing return only when no earlier run can become a job any more: runs that were not
/// submitted are withdrawn, and those in flight are waited for.
/// </summary>
public sealed class ScheduleChanges(ScheduleStore store, RunStore runs, TimeProvider time)
{
    static readonly TimeSpan pollInterval = TimeSpan.FromMilliseconds(25);

    public async Task<ScheduleRow?> Pause(Guid id, CancellationToken cancellationToken)
    {
        var row = await store.Change(id, (row, _) => Stop(row), cancellationToken);
        await WithdrawRuns(id, cancellationToken);
        return row;
    }

    /// <summary>Resumes a paused schedule with its first run after now; runs of the time before do not fire.</summary>
    public Task<ScheduleRow?> Resume(Guid id, CancellationToken cancellationToken) => store.Change(id, (row, now) =>
    {
        if (row.Status == ScheduleStatus.Paused)
        {
            PlanNext(row, now);
        }
    }, cancellationToken);

    /// <summary>Replaces everything that callers decide about a schedule. Its history is kept.</summary>
    /// <param name="id">The schedule.</param>
    /// <param name="wanted">The new values.</param>
    /// <param name="cancellationToken">Rolls the change back.</param>
    public async Task<ScheduleRow?> Replace(Guid id, ScheduleRow wanted, CancellationToken cancellationToken)
    {
        var row = await store.Change(id, (row, now) =>
        {
            Copy(wanted, row);
            if (wanted.Status == ScheduleStatus.Paused)
            {
                row.Status = ScheduleStatus.Active;
                Stop(row);
            }
            else
            {
                PlanNext(row, now);
            }
        }, cancellationToken);
        await WithdrawRuns(id, cancellationToken);
        return row;
    }

    public async Task<bool> Delete(Guid id, CancellationToken cancellationToken)
    {
        var deleted = await store.Delete(id, cancellationToken);
        await WithdrawRuns(id, cancellationToken);
        return deleted;
    }

    /// <summary>Plans the first run after now that has not been decided.</summary>
    public static void PlanNext(ScheduleRow row, DateTimeOffset now)
    {
        var after = row.DecidedUntil > now ? row.DecidedUntil.Value : now;
        ScheduleProgress.PlanNext(row, ScheduleProgress.TimingOf(row).Next(after));
    }

    static void Stop(ScheduleRow row)
    {
        if (row.Status == ScheduleStatus.Active)
        {
            (row.Status, row.NextDueAt, row.NextRunAt) = (ScheduleStatus.Paused, null, null);
        }
    }

    async Task WithdrawRuns(Guid id, CancellationToken cancellationToken)
    {
        // This ends, because runs in flight are confirmed or time out
        while (await runs.Withdraw(id, cancellationToken) > 0)
        {
            await Task.Delay(pollInterval, time, cancellationToken);
        }
    }

    static void Copy(ScheduleRow from, ScheduleRow to)
    {
        (to.Name, to.Description, to.TaskName, to.TaskVersion) = (from.Name, from.Description, from.TaskName, from.TaskVersion);
        (to.CronExpression, to.IntervalSeconds, to.RunAt, to.Timezone) = (
            from.CronExpression, from.IntervalSeconds, from.RunAt, from.Timezone);
        (to.StartAt, to.EndAt, to.AnchorAt) = (from.StartAt, from.EndAt, from.AnchorAt);
        (to.MisfirePolicy, to.OverlapPolicy, to.JitterSeconds) = (from.MisfirePolicy, from.OverlapPolicy, from.JitterSeconds);
        (to.Args, to.Kwargs, to.Metadata, to.Tags) = (from.Args, from.Kwargs, from.Metadata, from.Tags);
        (to.QueueName, to.Priority, to.MaxRetries) = (from.QueueName, from.Priority, from.MaxRetries);
        (to.RetryDelay, to.Timeout) = (from.RetryDelay, from.Timeout);
    }
}
