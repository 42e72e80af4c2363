using System.Linq.Expressions;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Storage;

/// <summary>Translates filters and orders to SQL. Conditions are written to match the indexes.</summary>
static class JobFilters
{
    /// <param name="named">Tasks whose name has the filter's text.</param>
    public static IQueryable<JobState> Where(this IQueryable<JobState> jobs, JobFilter filter, IReadOnlyList<string> named, DateTimeOffset now, bool postgres)
    {
        jobs = jobs.WhereStatus(filter.Statuses, now).WhereText(filter.Text, named, postgres);
        // With a single value, the index also provides the order
        jobs = filter.QueueNames switch { [] => jobs, [var only] => jobs.Where(x => x.QueueName == only), var any => jobs.Where(x => any.Contains(x.QueueName)) };
        jobs = filter.Priorities switch { [] => jobs, [var only] => jobs.Where(x => x.Priority == only), var any => jobs.Where(x => any.Contains(x.Priority)) };
        jobs = filter.WorkerId is { } worker ? jobs.Where(x => x.WorkerId == worker) : jobs;
        jobs = filter.TaskName is { } task ? jobs.Where(x => x.TaskName == task) : jobs;
        jobs = filter.Owner is { } owner ? jobs.Where(x => x.Owner == owner) : jobs;
        jobs = filter.OnlyOwner is { } own ? jobs.Where(x => x.Owner == own) : jobs;
        jobs = filter.ScheduleId is { } schedule ? jobs.Where(x => x.ScheduleId == schedule) : jobs;
        jobs = filter.Fingerprint is { } fingerprint ? jobs.Where(x => x.Fingerprint == fingerprint) : jobs;
        jobs = filter.ParentId is { } parent ? jobs.Where(x => x.ParentId == parent) : jobs;
        jobs = filter.CreatedAfter?.ToUniversalTime() is { } after ? jobs.Where(x => x.CreatedAt > after) : jobs;
        jobs = filter.CreatedBefore?.ToUniversalTime() is { } before ? jobs.Where(x => x.CreatedAt < before) : jobs;
        return filter.Tags.Aggregate(jobs, (some, tag) => some.Where(x => x.Tags!.Contains(tag)));
    }

    public static IQueryable<JobState> After(this IQueryable<JobState> jobs, PageEnd<Guid> end, bool descending)
    {
        var (at, id) = (end.At.ToUniversalTime(), end.Id);
        // The first half is the range of the index, the second only decides among equal times
        return descending
            ? jobs.Where(x => x.CreatedAt <= at && (x.CreatedAt < at || x.CorrelationId.CompareTo(id) < 0))
            : jobs.Where(x => x.CreatedAt >= at && (x.CreatedAt > at || x.CorrelationId.CompareTo(id) > 0));
    }

    /// <summary>The ids of a page, in its order.</summary>
    public static Task<List<Guid>> Ids(this IQueryable<JobState> jobs, JobListRequest request, CancellationToken cancellationToken) =>
        jobs.Order(request.OrderBy, request.Descending).Select(x => x.CorrelationId).Skip(request.Offset).Take(request.Limit).ToListAsync(cancellationToken);

    /// <summary>Missing times come last in both directions, on both databases.</summary>
    public static IQueryable<JobState> Order(this IQueryable<JobState> jobs, string orderBy, bool descending)
    {
        var ordered = orderBy switch
        {
            "created_at" => descending ? jobs.OrderByDescending(x => x.CreatedAt) : jobs.OrderBy(x => x.CreatedAt),
            "priority" => descending ? jobs.OrderByDescending(x => x.Priority) : jobs.OrderBy(x => x.Priority),
            "status" => descending ? jobs.OrderByDescending(x => x.CurrentState) : jobs.OrderBy(x => x.CurrentState),
            "task_name" => descending ? jobs.OrderByDescending(x => x.TaskName) : jobs.OrderBy(x => x.TaskName),
            "queue_name" => descending ? jobs.OrderByDescending(x => x.QueueName) : jobs.OrderBy(x => x.QueueName),
            "scheduled_at" => Times(jobs.OrderBy(x => x.ScheduledAt == null), x => x.ScheduledAt),
            "started_at" => Times(jobs.OrderBy(x => x.StartedAt == null), x => x.StartedAt),
            "completed_at" => Times(jobs.OrderBy(x => x.CompletedAt == null), x => x.CompletedAt),
            _ => throw new ArgumentOutOfRangeException(nameof(orderBy), orderBy, "not an order of the list"),
        };
        return descending ? ordered.ThenByDescending(x => x.CorrelationId) : ordered.ThenBy(x => x.CorrelationId);

        IOrderedQueryable<JobState> Times(IOrderedQueryable<JobState> known, Expression<Func<JobState, DateTimeOffset?>> time) =>
            descending ? known.ThenByDescending(time) : known.ThenBy(time);
    }

    static IQueryable<JobState> WhereStatus(this IQueryable<JobState> jobs, IReadOnlyList<string> statuses, DateTimeOffset now)
    {
        if (statuses.Count == 0 || statuses.Count == JobStatus.All.Count)
        {
            return jobs;
        }

        jobs = jobs.Where(x => statuses.Contains(x.CurrentState));
        if (statuses.All(x => x is JobStatus.Reserved or JobStatus.Running))
        {
            // Their timer ends with the lease at the latest, and no lease is longer than an hour; a million jobs may be scheduled for later
            var soon = now.AddHours(1.5);
            return jobs.Where(x => x.DueAt < soon && x.CompletedAt == null);
        }

        if (statuses.All(x => x is JobStatus.Reserved or JobStatus.Running or JobStatus.Retrying))
        {
            // They always have a timer running, and few others have
            return jobs.Where(x => x.DueAt != null && x.CompletedAt == null);
        }

        if (statuses.All(x => !JobStatus.IsFinal(x)))
        {
            return jobs.Where(x => x.CompletedAt == null);
        }

        if (statuses.All(x => JobStatus.IsFinal(x) && x != JobStatus.Completed))
        {
            return statuses is [var only] ? jobs.Where(x => x.Outcome == only) : jobs.Where(x => statuses.Contains(x.Outcome));
        }
        return statuses.All(JobStatus.IsFinal) ? jobs.Where(x => x.CompletedAt != null) : jobs;
    }

    /// <summary>Names of tasks that contain the text, case-insensitively.</summary>
    public static async Task<IReadOnlyList<string>> TasksNamed(this JobsDbContext context, string? text, CancellationToken cancellationToken) => text is null
        ? []
        : [.. (await context.Tasks.Select(x => x.Name).Distinct().ToListAsync(cancellationToken)).Where(x => x.Contains(text, StringComparison.OrdinalIgnoreCase))];

    /// <summary>Each half of the condition has an index of its own on PostgreSQL, as long as no task is named so. Of an error, what comes before its stack.</summary>
    static IQueryable<JobState> WhereText(this IQueryable<JobState> jobs, string? text, IReadOnlyList<string> named, bool postgres)
    {
        if (text is null)
        {
            return jobs;
        }

        var pattern = $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
        var (first, last) = IdsBeginningWith(text);
        Expression<Func<JobState, bool>> fits = postgres
            ? x => (x.CorrelationId.CompareTo(first) >= 0 && x.CorrelationId.CompareTo(last) <= 0 && x.Key == null)
                || EF.Functions.ILike(x.Key!, pattern, "\\") || EF.Functions.ILike(x.Title!, pattern, "\\") || EF.Functions.ILike(x.Error!.Substring(0, 1000), pattern, "\\")
            : x => (x.CorrelationId.CompareTo(first) >= 0 && x.CorrelationId.CompareTo(last) <= 0 && x.Key == null)
                || EF.Functions.Like(x.Key!, pattern, "\\") || EF.Functions.Like(x.Title!, pattern, "\\") || EF.Functions.Like(x.Error!.Substring(0, 1000), pattern, "\\");
        return jobs.Where(named.Count == 0 ? fits : fits.Or(x => named.Contains(x.TaskName)));
    }

    static Expression<Func<JobState, bool>> Or(this Expression<Func<JobState, bool>> one, Expression<Func<JobState, bool>> other) =>
        Expression.Lambda<Func<JobState, bool>>(Expression.OrElse(one.Body, new Renamed(other.Parameters[0], one.Parameters[0]).Visit(other.Body)), one.Parameters);

    sealed class Renamed(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }

    /// <summary>Converts the beginning of a UUID to a range of UUIDs; anything else gives an empty range.</summary>
    static (Guid First, Guid Last) IdsBeginningWith(string text)
    {
        const string Lowest = "00000000-0000-0000-0000-000000000000";
        const string Highest = "ffffffff-ffff-ffff-ffff-ffffffffffff";
        return text.Length is >= 4 and <= 36
            && Guid.TryParseExact(text + Lowest[text.Length..], "D", out var first)
            && Guid.TryParseExact(text + Highest[text.Length..], "D", out var last)
            ? (first, last)
            : (new Guid(Highest), new Guid(Lowest));
    }
}
