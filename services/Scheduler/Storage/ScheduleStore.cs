using Microsoft.EntityFrameworkCore;

namespace JobSystem.Scheduler.Storage;

/// <summary>
/// Stores schedules. A schedule is changed or fired while its row is locked, so that no two instances decide about the same run. On SQLite
/// there is only one process, and its writers take turns.
/// </summary>
public sealed class ScheduleStore(IDbContextFactory<ScheduleDbContext> contexts, TimeProvider time) : IDisposable
{
    /// <summary>Maximum time for which a sent run counts as in flight; longer than the timeout of its response.</summary>
    public static readonly TimeSpan InFlight = TimeSpan.FromSeconds(4);

    readonly SemaphoreSlim writer = new(1, 1);

    /// <summary>Current time of the database, so that instances agree.</summary>
    public Task<DateTimeOffset> Now(CancellationToken cancellationToken) => Read((_, now) => Task.FromResult(now), cancellationToken);

    public Task Add(ScheduleRow row, CancellationToken cancellationToken) => Write(async (context, _) =>
    {
        context.Add(row);
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }, cancellationToken);

    public Task<ScheduleRow?> Find(Guid id, CancellationToken cancellationToken) =>
        Read((context, _) => context.Schedules.AsNoTracking().FirstOrDefaultAsync(x => x.Id == id, cancellationToken), cancellationToken);

    /// <summary>Changes a schedule while holding its row lock. Null if it does not exist.</summary>
    public Task<ScheduleRow?> Change(
        Guid id, Action<ScheduleRow, DateTimeOffset> change, CancellationToken cancellationToken) => Write(async (context, now) =>
    {
        if (await Lock(context, id, cancellationToken) is not { } row)
        {
            return null;
        }
        change(row, now);
        (row.Revision, row.UpdatedAt) = (row.Revision + 1, now);
        await context.SaveChangesAsync(cancellationToken);
        return row;
    }, cancellationToken);

    public Task<bool> Delete(Guid id, CancellationToken cancellationToken) => Write(async (context, _) =>
    {
        if (await Lock(context, id, cancellationToken) is not { } row)
        {
            return false;
        }
        context.Remove(row);
        await context.SaveChangesAsync(cancellationToken);
        return true;
    }, cancellationToken);

    /// <summary>
    /// Adds a requested run. If the overlap policy forbids it because an earlier job has not ended, only the schedule is returned.
    /// </summary>
    public Task<(ScheduleRow? Schedule, RunRow? Run)> AddRun(Guid id, CancellationToken cancellationToken) => Write(async (context, now) =>
    {
        if (await Lock(context, id, cancellationToken) is not { } row)
        {
            return default;
        }
        if (row.OverlapPolicy == OverlapPolicies.Skip
            && await context.Runs.AnyAsync(x => x.ScheduleId == id && x.Outcome == null, cancellationToken))
        {
            return (row, (RunRow?)null);
        }
        var run = RunRow.Create(row.Id, now, now);
        context.Add(run);
        (row.LastRunAt, row.LastJobId, row.LastOutcome, row.LastOutcomeAt, row.RunCount) = (now, run.JobId, null, null, row.RunCount + 1);
        await context.SaveChangesAsync(cancellationToken);
        return ((ScheduleRow?)row, (RunRow?)run);
    }, cancellationToken);

    /// <summary>
    /// Decides about due schedules in one transaction, which stores the changed schedules and their new runs. Skips schedules that another
    /// instance has locked.
    /// </summary>
    /// <param name="limit">Maximum number of schedules.</param>
    /// <param name="decide">Gets a schedule, its runs whose job has not ended, and the time. Returns the new runs.</param>
    /// <param name="grace">Schedules that have been due for less than this are left to other instances.</param>
    /// <param name="only">Restricts the pass to one schedule; null for all.</param>
    /// <param name="cancellationToken">Rolls the transaction back.</param>
    public Task<List<FiredSchedule>> FireDue(
        int limit, Func<ScheduleRow, IReadOnlyList<RunRow>, DateTimeOffset, IReadOnlyList<RunRow>> decide, TimeSpan grace, Guid? only,
        CancellationToken cancellationToken) => Write(async (context, now) =>
    {
        var due = await LockDue(context, limit, now - grace, only, cancellationToken);
        var exclusive = due.Where(x => x.OverlapPolicy != OverlapPolicies.Allow).Select(x => x.Id).ToArray();
        var open = exclusive.Length == 0 ? [] : await context.Runs.AsNoTracking()
            .Where(x => exclusive.Contains(x.ScheduleId) && x.Outcome == null).ToListAsync(cancellationToken);
        var fired = new List<FiredSchedule>();
        foreach (var row in due)
        {
            var earlier = open.Where(x => x.ScheduleId == row.Id).ToList();
            var runs = decide(row, earlier, now);
            context.AddRange(runs);
            fired.Add(new(row, [.. runs.Where(x => x.Outcome is null)], row.OverlapPolicy == OverlapPolicies.CancelRunning ? earlier : []));
        }
        await context.SaveChangesAsync(cancellationToken);
        return fired;
    }, cancellationToken);

    public Task<List<Guid>> DueIds(int limit, CancellationToken cancellationToken) => Read((context, now) =>
        context.Schedules.Where(x => x.NextDueAt <= now).OrderBy(x => x.NextDueAt).Select(x => x.Id).Take(limit)
            .ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Postpones a schedule that cannot be fired, instead of retrying it in each pass.</summary>
    public Task Postpone(Guid id, TimeSpan by, CancellationToken cancellationToken) => Write((context, now) =>
        context.Schedules.Where(x => x.Id == id && x.NextDueAt <= now)
            .ExecuteUpdateAsync(x => x.SetProperty(s => s.NextDueAt, now + by), cancellationToken), cancellationToken);

    /// <summary>The earliest due time; null if there is none.</summary>
    /// <remarks>One statement, because each instance calls it several times a second.</remarks>
    public Task<NextDue> NextDue(CancellationToken cancellationToken) => TranslateErrors(async () =>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return context.Database.IsNpgsql()
            ? (await context.Database.SqlQuery<NextDue>(
                $"select clock_timestamp() as \"Now\", min(next_due_at) as \"Due\" from schedules").ToListAsync(cancellationToken))[0]
            : new(time.GetUtcNow(), await context.Schedules.MinAsync(x => x.NextDueAt, cancellationToken));
    });

    /// <summary>Jobs of earlier runs that may keep a due schedule from firing.</summary>
    public Task<List<string>> JobsThatBlockDue(CancellationToken cancellationToken) => Read((context, now) =>
        (from schedule in context.Schedules
         where schedule.NextDueAt <= now && schedule.OverlapPolicy != OverlapPolicies.Allow
         join run in context.Runs on schedule.Id equals run.ScheduleId
         where run.Outcome == null && run.SubmittedAt != null
         orderby run.FiredAt
         select run.JobId).Take(1000).ToListAsync(cancellationToken), cancellationToken);

    internal Task<T> Read<T>(
        Func<ScheduleDbContext, DateTimeOffset, Task<T>> work, CancellationToken cancellationToken) => TranslateErrors(async () =>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await work(context, await CurrentTime(context, cancellationToken));
    });

    internal Task<T> Write<T>(
        Func<ScheduleDbContext, DateTimeOffset, Task<T>> work, CancellationToken cancellationToken) => TranslateErrors(async () =>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var turns = !context.Database.IsNpgsql();
        if (turns)
        {
            await writer.WaitAsync(cancellationToken);
        }
        try
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            var result = await work(context, await CurrentTime(context, cancellationToken));
            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        finally
        {
            if (turns)
            {
                writer.Release();
            }
        }
    });

    async Task<DateTimeOffset> CurrentTime(ScheduleDbContext context, CancellationToken cancellationToken)
    {
        var now = context.Database.IsNpgsql()
            ? (await context.Database.SqlQueryRaw<DateTimeOffset>("select clock_timestamp() as \"Value\"").ToListAsync(cancellationToken))[0]
            : time.GetUtcNow();
        return new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }

    static Task<ScheduleRow?> Lock(ScheduleDbContext context, Guid id, CancellationToken cancellationToken) => context.Database.IsNpgsql()
        ? FirstOrNull(context.Schedules.FromSql($"select * from schedules where id = {id} for update"), cancellationToken)
        : context.Schedules.FirstOrDefaultAsync(x => x.Id == id, cancellationToken);

    static async Task<ScheduleRow?> FirstOrNull(IQueryable<ScheduleRow> rows, CancellationToken cancellationToken) =>
        (await rows.ToListAsync(cancellationToken)).FirstOrDefault();

    static Task<List<ScheduleRow>> LockDue(
        ScheduleDbContext context, int limit, DateTimeOffset until, Guid? only, CancellationToken cancellationToken)
    {
        if (!context.Database.IsNpgsql())
        {
            return context.Schedules.Where(x => x.NextDueAt <= until && (only == null || x.Id == only))
                .OrderBy(x => x.NextDueAt).Take(limit).ToListAsync(cancellationToken);
        }
        var rows = only is { } one
            ? context.Schedules.FromSql($"select * from schedules where next_due_at <= {until} and id = {one} for update skip locked")
            : context.Schedules.FromSql(
                $"select * from schedules where next_due_at <= {until} order by next_due_at limit {limit} for update skip locked");
        return rows.ToListAsync(cancellationToken);
    }

    static async Task<T> TranslateErrors<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (exception is not OperationCanceledException && DatabaseErrors.IsUnavailable(exception))
        {
            throw new DatabaseUnavailableException(exception);
        }
    }

    public void Dispose() => writer.Dispose();
}

/// <summary>A schedule that was due, and its runs.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="Runs">New runs, whose jobs have to be submitted.</param>
/// <param name="ToCancel">Earlier runs whose jobs have to be cancelled.</param>
public sealed record FiredSchedule(ScheduleRow Schedule, IReadOnlyList<RunRow> Runs, IReadOnlyList<RunRow> ToCancel);

/// <summary>The earliest due time of all schedules.</summary>
/// <param name="Now">Current time of the database.</param>
/// <param name="Due">Null if no schedule is active.</param>
public sealed record NextDue(DateTimeOffset Now, DateTimeOffset? Due);
