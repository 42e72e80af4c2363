using JobSystem.Scheduler.Schedules;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Scheduler.Storage;

/// <summary>
/// What happens to schedules in the database. Whoever changes a schedule or fires it holds its row: instances never decide about the
/// same tick twice. On SQLite there is one process, and its writers take turns.
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
    public Task<ScheduleRow?> Change(Guid id, Action<ScheduleRow, DateTimeOffset> change, CancellationToken cancellationToken) => Write(async (context, now) =>
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

    /// <summary>Adds a requested run. If the overlap policy forbids it because an earlier job has not ended, only the schedule is returned.</summary>
    public Task<(ScheduleRow? Schedule, RunRow? Fire)> AddRun(Guid id, CancellationToken cancellationToken) => Write<(ScheduleRow?, RunRow?)>(async (context, now) =>
    {
        if (await Lock(context, id, cancellationToken) is not { } row)
        {
            return (null, null);
        }
        if (row.OverlapPolicy == OverlapPolicies.Skip && await context.Fires.AnyAsync(x => x.ScheduleId == id && x.Outcome == null, cancellationToken))
        {
            return (row, null);
        }
        var fire = Runs.Of(row, now, now);
        context.Add(fire);
        (row.LastRunAt, row.LastJobId, row.LastOutcome, row.LastOutcomeAt, row.FiredCount) = (now, fire.JobId, null, null, row.FiredCount + 1);
        await context.SaveChangesAsync(cancellationToken);
        return (row, fire);
    }, cancellationToken);

    /// <summary>
    /// Decides about schedules that are due, in one transaction: what <paramref name="decide"/> returns for one is kept together with how it
    /// changed the row. Schedules that another instance holds are left to it.
    /// </summary>
    /// <param name="decide">Gets the schedule, its runs whose job has not ended, and the time.</param>
    /// <param name="grace">What is due for less than this is left to other instances.</param>
    /// <param name="only">One schedule by itself, when it is in doubt whose fault a failure is.</param>
    public Task<List<Fired>> FireDue(
        int limit, Func<ScheduleRow, IReadOnlyList<RunRow>, DateTimeOffset, IReadOnlyList<RunRow>> decide, TimeSpan grace, Guid? only, CancellationToken cancellationToken) => Write(async (context, now) =>
    {
        var due = await Due(context, limit, now - grace, only, cancellationToken);
        var careful = due.Where(x => x.OverlapPolicy != OverlapPolicies.Allow).Select(x => x.Id).ToArray();
        var open = careful.Length == 0 ? [] : await context.Fires.AsNoTracking().Where(x => careful.Contains(x.ScheduleId) && x.Outcome == null).ToListAsync(cancellationToken);
        var fired = new List<Fired>();
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
        context.Schedules.Where(x => x.NextDueAt <= now).OrderBy(x => x.NextDueAt).Select(x => x.Id).Take(limit).ToListAsync(cancellationToken), cancellationToken);

    /// <summary>Postpones a schedule that cannot be fired, instead of retrying it in each pass.</summary>
    public Task Postpone(Guid id, TimeSpan by, CancellationToken cancellationToken) => Write((context, now) =>
        context.Schedules.Where(x => x.Id == id && x.NextDueAt <= now).ExecuteUpdateAsync(x => x.SetProperty(s => s.NextDueAt, now + by), cancellationToken), cancellationToken);

    /// <summary>The earliest due time; null if there is none.</summary>
    /// <remarks>Asked for all the time, so in one statement.</remarks>
    public Task<NextDue> NextDue(CancellationToken cancellationToken) => Guard(async () =>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return context.Database.IsNpgsql()
            ? (await context.Database.SqlQuery<NextDue>($"select clock_timestamp() as \"Now\", min(next_due_at) as \"Due\" from schedules").ToListAsync(cancellationToken))[0]
            : new(time.GetUtcNow(), await context.Schedules.MinAsync(x => x.NextDueAt, cancellationToken));
    });

    /// <summary>Jobs whose end decides whether a schedule that is due now may fire.</summary>
    public Task<List<string>> InTheWay(CancellationToken cancellationToken) => Read((context, now) =>
        (from schedule in context.Schedules
         where schedule.NextDueAt <= now && schedule.OverlapPolicy != OverlapPolicies.Allow
         join fire in context.Fires on schedule.Id equals fire.ScheduleId
         where fire.Outcome == null && fire.SubmittedAt != null
         orderby fire.FiredAt
         select fire.JobId).Take(1000).ToListAsync(cancellationToken), cancellationToken);

    internal Task<T> Read<T>(Func<ScheduleDbContext, DateTimeOffset, Task<T>> work, CancellationToken cancellationToken) => Guard(async () =>
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await work(context, await Clock(context, cancellationToken));
    });

    internal Task<T> Write<T>(Func<ScheduleDbContext, DateTimeOffset, Task<T>> work, CancellationToken cancellationToken) => Guard(async () =>
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
            var result = await work(context, await Clock(context, cancellationToken));
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

    async Task<DateTimeOffset> Clock(ScheduleDbContext context, CancellationToken cancellationToken)
    {
        var now = context.Database.IsNpgsql()
            ? (await context.Database.SqlQueryRaw<DateTimeOffset>("select clock_timestamp() as \"Value\"").ToListAsync(cancellationToken))[0]
            : time.GetUtcNow();
        return new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }

    static Task<ScheduleRow?> Lock(ScheduleDbContext context, Guid id, CancellationToken cancellationToken) => context.Database.IsNpgsql()
        ? First(context.Schedules.FromSql($"select * from schedules where id = {id} for update"), cancellationToken)
        : context.Schedules.FirstOrDefaultAsync(x => x.Id == id, cancellationToken);

    static async Task<ScheduleRow?> First(IQueryable<ScheduleRow> rows, CancellationToken cancellationToken) =>
        (await rows.ToListAsync(cancellationToken)).FirstOrDefault();

    static Task<List<ScheduleRow>> Due(ScheduleDbContext context, int limit, DateTimeOffset until, Guid? only, CancellationToken cancellationToken)
    {
        if (!context.Database.IsNpgsql())
        {
            return context.Schedules.Where(x => x.NextDueAt <= until && (only == null || x.Id == only)).OrderBy(x => x.NextDueAt).Take(limit).ToListAsync(cancellationToken);
        }
        var rows = only is { } one
            ? context.Schedules.FromSql($"select * from schedules where next_due_at <= {until} and id = {one} for update skip locked")
            : context.Schedules.FromSql($"select * from schedules where next_due_at <= {until} order by next_due_at limit {limit} for update skip locked");
        return rows.ToListAsync(cancellationToken);
    }

    static async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception exception) when (exception is not OperationCanceledException && DatabaseAway.IsReason(exception))
        {
            throw new DatabaseAwayException(exception);
        }
    }

    public void Dispose() => writer.Dispose();
}

/// <summary>A decision about one schedule.</summary>
/// <param name="Runs">Their jobs are to be submitted.</param>
/// <param name="ToCancel">Earlier runs whose jobs make room.</param>
public sealed record Fired(ScheduleRow Schedule, IReadOnlyList<RunRow> Runs, IReadOnlyList<RunRow> ToCancel);

/// <param name="Now">The database's time.</param>
public sealed record NextDue(DateTimeOffset Now, DateTimeOffset? Due);
