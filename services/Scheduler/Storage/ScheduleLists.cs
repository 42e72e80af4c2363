using System.Linq.Expressions;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Scheduler.Storage;

/// <summary>Filter of a list of schedules. Empty or null members match everything.</summary>
public sealed record ScheduleFilter
{
    public IReadOnlyList<string> Statuses { get; init; } = [];
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? TaskName { get; init; }
    public string? QueueName { get; init; }
    public string? Owner { get; init; }

    /// <summary>Owner whose schedules the caller may see; null for all.</summary>
    public string? OnlyOwner { get; init; }

    /// <summary>Case-insensitive search text in name and task.</summary>
    public string? Text { get; init; }
}

/// <summary>Lists schedules.</summary>
public sealed class ScheduleLists(ScheduleStore store)
{
    public static readonly string[] Orders = ["created_at", "updated_at", "name", "next_run_at", "last_run_at"];

    /// <summary>Returns a page of schedules, and the number of all that match.</summary>
    public Task<(IReadOnlyList<ScheduleRow> Items, int Total)> Find(
        ScheduleFilter filter, ListPage page, CancellationToken cancellationToken) => store.Read(async (context, _) =>
    {
        var matching = Filter(context.Schedules.AsNoTracking(), filter);
        var total = await matching.CountAsync(cancellationToken);
        var items = await Order(After(matching, page), page).Skip(page.Offset).Take(page.Limit).ToListAsync(cancellationToken);
        return ((IReadOnlyList<ScheduleRow>)items, total);
    }, cancellationToken);

    static IQueryable<ScheduleRow> Filter(IQueryable<ScheduleRow> rows, ScheduleFilter filter)
    {
        rows = filter.Statuses.Count > 0 ? rows.Where(x => filter.Statuses.Contains(x.Status)) : rows;
        rows = filter.TaskName is { } task ? rows.Where(x => x.TaskName == task) : rows;
        rows = filter.QueueName is { } queue ? rows.Where(x => x.QueueName == queue) : rows;
        rows = filter.Owner is { } owner ? rows.Where(x => x.Owner == owner) : rows;
        rows = filter.OnlyOwner is { } own ? rows.Where(x => x.Owner == own) : rows;
        rows = filter.Text is { } text ? rows.Where(Mentions(text)) : rows;
        return filter.Tags.Aggregate(rows, (some, tag) => some.Where(x => x.Tags.Contains(tag)));
    }

    static Expression<Func<ScheduleRow, bool>> Mentions(string text)
    {
        const string Escape = "\\";
        var escaped = text.ToLowerInvariant().Replace(Escape, Escape + Escape, StringComparison.Ordinal)
            .Replace("%", Escape + "%", StringComparison.Ordinal).Replace("_", Escape + "_", StringComparison.Ordinal);
        var pattern = $"%{escaped}%";
        return x => EF.Functions.Like(x.Name.ToLower(), pattern, Escape) || EF.Functions.Like(x.TaskName.ToLower(), pattern, Escape);
    }

    static IQueryable<ScheduleRow> After(IQueryable<ScheduleRow> rows, ListPage page) => page.After switch
    {
        null => rows,
        var (at, id) when page.Descending => rows.Where(x => x.CreatedAt < at || (x.CreatedAt == at && x.Id.CompareTo(id) < 0)),
        var (at, id) => rows.Where(x => x.CreatedAt > at || (x.CreatedAt == at && x.Id.CompareTo(id) > 0)),
    };

    static IOrderedQueryable<ScheduleRow> Order(IQueryable<ScheduleRow> rows, ListPage page) => (page.OrderBy, page.Descending) switch
    {
        ("updated_at", true) => rows.OrderByDescending(x => x.UpdatedAt).ThenByDescending(x => x.Id),
        ("updated_at", false) => rows.OrderBy(x => x.UpdatedAt).ThenBy(x => x.Id),
        ("name", true) => rows.OrderByDescending(x => x.Name).ThenByDescending(x => x.Id),
        ("name", false) => rows.OrderBy(x => x.Name).ThenBy(x => x.Id),
        ("next_run_at", true) => rows.OrderByDescending(x => x.NextRunAt).ThenByDescending(x => x.Id),
        ("next_run_at", false) => rows.OrderBy(x => x.NextRunAt).ThenBy(x => x.Id),
        ("last_run_at", true) => rows.OrderByDescending(x => x.LastRunAt).ThenByDescending(x => x.Id),
        ("last_run_at", false) => rows.OrderBy(x => x.LastRunAt).ThenBy(x => x.Id),
        (_, false) => rows.OrderBy(x => x.CreatedAt).ThenBy(x => x.Id),
        _ => rows.OrderByDescending(x => x.CreatedAt).ThenByDescending(x => x.Id),
    };
}
