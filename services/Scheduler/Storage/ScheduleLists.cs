using System.Linq.Expressions;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Scheduler.Storage;

/// <summary>Filter and order of a list of schedules.</summary>
public sealed record ScheduleListRequest
{
    public static readonly string[] Orders = ["created_at", "updated_at", "name", "next_run_at", "last_run_at"];

    public IReadOnlyList<string> Statuses { get; init; } = [];
    public IReadOnlyList<string> Tags { get; init; } = [];
    public string? TaskName { get; init; }
    public string? QueueName { get; init; }
    public string? Owner { get; init; }

    /// <summary>Owner whose schedules the caller may see; null for all.</summary>
    public string? OnlyOwner { get; init; }
    public string? Text { get; init; }
    public required int Limit { get; init; }
    public int Offset { get; init; }
    public PageEnd<Guid>? After { get; init; }
    public string OrderBy { get; init; } = "created_at";
    public bool Descending { get; init; } = true;
}

public sealed record ScheduleListPage(IReadOnlyList<ScheduleRow> Items, int Total);

public sealed class ScheduleLists(ScheduleStore store)
{
    public Task<ScheduleListPage> Page(ScheduleListRequest request, CancellationToken cancellationToken) => store.Read(async (context, _) =>
    {
        var matching = Filter(context.Schedules.AsNoTracking(), request);
        var total = await matching.CountAsync(cancellationToken);
        var items = await Order(After(matching, request), request).Skip(request.Offset).Take(request.Limit).ToListAsync(cancellationToken);
        return new ScheduleListPage(items, total);
    }, cancellationToken);

    static IQueryable<ScheduleRow> Filter(IQueryable<ScheduleRow> rows, ScheduleListRequest request)
    {
        rows = request.Statuses.Count > 0 ? rows.Where(x => request.Statuses.Contains(x.Status)) : rows;
        rows = request.TaskName is { } task ? rows.Where(x => x.TaskName == task) : rows;
        rows = request.QueueName is { } queue ? rows.Where(x => x.QueueName == queue) : rows;
        rows = request.Owner is { } owner ? rows.Where(x => x.Owner == owner) : rows;
        rows = request.OnlyOwner is { } own ? rows.Where(x => x.Owner == own) : rows;
        rows = request.Text is { } text ? rows.Where(Mentions(text)) : rows;
        return request.Tags.Aggregate(rows, (some, tag) => some.Where(x => x.Tags.Contains(tag)));
    }

    static Expression<Func<ScheduleRow, bool>> Mentions(string text)
    {
        const string Escape = "\\";
        var pattern = $"%{text.ToLowerInvariant().Replace(Escape, Escape + Escape, StringComparison.Ordinal).Replace("%", Escape + "%", StringComparison.Ordinal).Replace("_", Escape + "_", StringComparison.Ordinal)}%";
        return x => EF.Functions.Like(x.Name.ToLower(), pattern, Escape) || EF.Functions.Like(x.TaskName.ToLower(), pattern, Escape);
    }

    static IQueryable<ScheduleRow> After(IQueryable<ScheduleRow> rows, ScheduleListRequest request) => request.After switch
    {
        null => rows,
        var (at, id) when request.Descending => rows.Where(x => x.CreatedAt < at || (x.CreatedAt == at && x.Id.CompareTo(id) < 0)),
        var (at, id) => rows.Where(x => x.CreatedAt > at || (x.CreatedAt == at && x.Id.CompareTo(id) > 0)),
    };

    static IOrderedQueryable<ScheduleRow> Order(IQueryable<ScheduleRow> rows, ScheduleListRequest request) => (request.OrderBy, request.Descending) switch
    {
        ("updated_at", true) => rows.OrderByDescending(x => x.UpdatedAt).ThenByDescending(x => x.Id),
        ("updated_at", false) => rows.OrderBy(x => x.UpdatedAt).ThenBy(x => x.Id),
        ("name", true) => rows.OrderByDescending(x => x.Name).ThenByDescending(x => x.Id),
        ("name", false) => rows.OrderBy(x => x.Name).ThenBy(x => x.Id),
        ("next_run_at", true) => rows.OrderByDescending(x => x.NextTick).ThenByDescending(x => x.Id),
        ("next_run_at", false) => rows.OrderBy(x => x.NextTick).ThenBy(x => x.Id),
        ("last_run_at", true) => rows.OrderByDescending(x => x.LastRunAt).ThenByDescending(x => x.Id),
        ("last_run_at", false) => rows.OrderBy(x => x.LastRunAt).ThenBy(x => x.Id),
        (_, false) => rows.OrderBy(x => x.CreatedAt).ThenBy(x => x.Id),
        _ => rows.OrderByDescending(x => x.CreatedAt).ThenByDescending(x => x.Id),
    };
}
