using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>Which page of a list, and in which order. A member that is null is not sent.</summary>
public sealed record PageOptions
{
    /// <summary>Most items, from 1 to 1,000; 100 unless given.</summary>
    public int? Limit { get; init; }

    /// <summary>Items to pass over. One of <see cref="Offset"/> and <see cref="Cursor"/>.</summary>
    public int? Offset { get; init; }

    /// <summary>Where the page before ended: its <c>NextCursor</c>.</summary>
    public string? Cursor { get; init; }

    /// <summary>The member by which the items are ordered, as <c>created_at</c>.</summary>
    public string? OrderBy { get; init; }

    /// <summary><c>asc</c> or <c>desc</c>.</summary>
    public string? OrderDirection { get; init; }
}

/// <summary>Query strings that several operations have.</summary>
static class Queries
{
    public static ApiQuery Page(int? limit, int? offset) => new() { { "limit", limit }, { "offset", offset } };

    public static ApiQuery Jobs(JobSelection? filter, PageOptions? page)
    {
        var query = new ApiQuery
        {
            { "queue_name", filter?.QueueName }, { "status", filter?.Status }, { "priority", filter?.Priority }, { "tags", filter?.Tags },
            { "worker_id", filter?.WorkerId }, { "task_name", filter?.TaskName }, { "owner", filter?.Owner },
            { "schedule_id", filter?.ScheduleId }, { "parent_id", filter?.ParentId }, { "fingerprint", filter?.Fingerprint },
            { "created_after", filter?.CreatedAfter }, { "created_before", filter?.CreatedBefore }, { "q", filter?.Q },
        };
        Add(query, page);
        return query;
    }

    public static void Add(ApiQuery query, PageOptions? page)
    {
        query.Add("limit", page?.Limit);
        query.Add("offset", page?.Offset);
        query.Add("cursor", page?.Cursor);
        query.Add("order_by", page?.OrderBy);
        query.Add("order_dir", page?.OrderDirection);
    }
}
