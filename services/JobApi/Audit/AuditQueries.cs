using JobSystem.JobApi.Storage;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Audit;

/// <summary>Filter of an audit list; null means any value.</summary>
public sealed record AuditFilter(
    string? Actor, string? Action, string? ObjectType, string? ObjectId, string? Outcome, string? Surface, DateTimeOffset? After, DateTimeOffset? Before, string? Text)
{
    public static readonly AuditFilter None = new(null, null, null, null, null, null, null, null, null);
}

/// <summary>Reads the audit trail, newest first, or from the beginning for verification.</summary>
public sealed class AuditQueries(JobQueries database)
{
    /// <summary>Limit up to which matching entries are counted.</summary>
    public const int MostCounted = 10_000;

    public Task<(List<AuditRow> Items, long Total)> List(AuditFilter filter, PageEnd<long>? after, int limit, int offset, CancellationToken cancellationToken) =>
        database.Run(async (context, ct) =>
        {
            var fitting = Filtered(context, filter);
            var page = after is { } end ? fitting.Where(x => x.At < end.At || (x.At == end.At && x.Id < end.Id)) : fitting;
            var items = await page.OrderByDescending(x => x.At).ThenByDescending(x => x.Id).Skip(offset).Take(limit).ToListAsync(ct);
            return (items, filter == AuditFilter.None ? await All(context, ct) : await fitting.Take(MostCounted).LongCountAsync(ct));
        }, cancellationToken);

    /// <summary>In the order of the chain.</summary>
    public Task<List<AuditRow>> Chain(long afterId, int limit, CancellationToken cancellationToken) =>
        database.Run((context, ct) => context.AuditEntries.AsNoTracking().Where(x => x.Id > afterId).OrderBy(x => x.Id).Take(limit).ToListAsync(ct), cancellationToken);

    /// <summary>0 if there is none.</summary>
    public Task<long> LastId(CancellationToken cancellationToken) =>
        database.Run((context, ct) => context.AuditEntries.OrderByDescending(x => x.Id).Select(x => x.Id).FirstOrDefaultAsync(ct), cancellationToken);

    /// <summary>Ids have no gaps, so the total follows from the last id.</summary>
    static async Task<long> All(JobsDbContext context, CancellationToken cancellationToken)
    {
        var first = await context.AuditEntries.OrderBy(x => x.Id).Select(x => x.Id).FirstOrDefaultAsync(cancellationToken);
        var last = await context.AuditEntries.OrderByDescending(x => x.Id).Select(x => x.Id).FirstOrDefaultAsync(cancellationToken);
        return last == 0 ? 0 : last - first + 1;
    }

    static IQueryable<AuditRow> Filtered(JobsDbContext context, AuditFilter filter)
    {
        var entries = context.AuditEntries.AsNoTracking();
        entries = filter.Actor is { } actor ? entries.Where(x => x.Actor == actor) : entries;
        entries = filter.Action is { } action ? entries.Where(x => x.Action == action) : entries;
        entries = filter.ObjectType is { } type ? entries.Where(x => x.ObjectType == type) : entries;
        entries = filter.ObjectId is { } id ? entries.Where(x => x.ObjectId == id) : entries;
        // The index has only what did not succeed, and the planner has to see that
        entries = filter.Outcome is { } outcome ? entries.Where(x => x.Outcome == outcome) : entries;
        entries = filter.Outcome is { } other && other != ServiceDefaults.Audit.AuditOutcome.Done ? entries.Where(x => x.Outcome != "done") : entries;
        entries = filter.Surface is { } surface ? entries.Where(x => x.Surface == surface) : entries;
        entries = filter.After is { } after ? entries.Where(x => x.At >= after) : entries;
        entries = filter.Before is { } before ? entries.Where(x => x.At < before) : entries;
        return filter.Text is { } text ? Containing(context, entries, text) : entries;
    }

    static IQueryable<AuditRow> Containing(JobsDbContext context, IQueryable<AuditRow> entries, string text)
    {
        var pattern = $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
        return context.Database.IsNpgsql()
            ? entries.Where(x => EF.Functions.ILike(x.ObjectId!, pattern, "\\") || EF.Functions.ILike(x.Details!, pattern, "\\") || EF.Functions.ILike(x.Actor, pattern, "\\")
                || EF.Functions.ILike(x.Action, pattern, "\\") || EF.Functions.ILike(x.Code!, pattern, "\\"))
            : entries.Where(x => EF.Functions.Like(x.ObjectId!, pattern, "\\") || EF.Functions.Like(x.Details!, pattern, "\\") || EF.Functions.Like(x.Actor, pattern, "\\")
                || EF.Functions.Like(x.Action, pattern, "\\") || EF.Functions.Like(x.Code!, pattern, "\\"));
    }
}
