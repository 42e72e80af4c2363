using JobSystem.Scheduler.Storage;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// Changes by callers. Pausing, deleting and replacing return only when no run of before can become a job any more: what was not
/// submitted yet is taken back, and what is on its way is waited for.
/// </summary>
public sealed class ScheduleChanges(ScheduleStore store, RunStore runs, TimeProvider time)
{
    static readonly TimeSpan look = TimeSpan.FromMilliseconds(25);

    public async Task<ScheduleRow?> Pause(Guid id, CancellationToken cancellationToken)
    {
        var row = await store.Change(id, (row, _) => Stop(row), cancellationToken);
        await Settle(id, cancellationToken);
        return row;
    }

    /// <summary>Runs missed while paused are not made up.</summary>
    public Task<ScheduleRow?> Resume(Guid id, CancellationToken cancellationToken) => store.Change(id, (row, now) =>
    {
        if (row.Status == ScheduleStatus.Paused)
        {
            GoOn(row, now);
        }
    }, cancellationToken);

    /// <param name="wanted">Everything that callers decide; what happened so far is kept.</param>
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
                GoOn(row, now);
            }
        }, cancellationToken);
        await Settle(id, cancellationToken);
        return row;
    }

    public async Task<bool> Delete(Guid id, CancellationToken cancellationToken)
    {
        var deleted = await store.Delete(id, cancellationToken);
        await Settle(id, cancellationToken);
        return deleted;
    }

    /// <summary>Puts an active schedule on its first run after now, and after every run that it has had.</summary>
    public static void GoOn(ScheduleRow row, DateTimeOffset now) =>
        Runs.GoOn(row, Runs.TimetableOf(row).Next(row.LastTick > now ? row.LastTick.Value : now));

    static void Stop(ScheduleRow row)
    {
        if (row.Status == ScheduleStatus.Active)
        {
            (row.Status, row.NextDueAt, row.NextTick) = (ScheduleStatus.Paused, null, null);
        }
    }

    async Task Settle(Guid id, CancellationToken cancellationToken)
    {
        // Terminates, because runs in flight are confirmed or time out
        while (await runs.Withdraw(id, cancellationToken) > 0)
        {
            await Task.Delay(look, time, cancellationToken);
        }
    }

    static void Copy(ScheduleRow from, ScheduleRow to)
    {
        (to.Name, to.Description, to.TaskName, to.TaskVersion) = (from.Name, from.Description, from.TaskName, from.TaskVersion);
        (to.CronExpression, to.IntervalSeconds, to.RunAt, to.Timezone) = (from.CronExpression, from.IntervalSeconds, from.RunAt, from.Timezone);
        (to.StartAt, to.EndAt, to.AnchorAt) = (from.StartAt, from.EndAt, from.AnchorAt);
        (to.MisfirePolicy, to.OverlapPolicy, to.JitterSeconds) = (from.MisfirePolicy, from.OverlapPolicy, from.JitterSeconds);
        (to.Args, to.Kwargs, to.Metadata, to.Tags) = (from.Args, from.Kwargs, from.Metadata, from.Tags);
        (to.QueueName, to.Priority, to.MaxRetries, to.RetryDelay, to.Timeout) = (from.QueueName, from.Priority, from.MaxRetries, from.RetryDelay, from.Timeout);
    }
}
