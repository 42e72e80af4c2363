using JobSystem.JobApi.Model;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Pages of a text search on PostgreSQL, which cannot know how many rows have a text and so chooses badly between the two ways to find them: by time, which
/// is quick when many have it, and by the trigram indexes, which are quick when few have it. A full page among the latest jobs is the first, all else the second.
/// </summary>
static class TextSearch
{
    const int Latest = 10_000;

    /// <summary>Null when it is to be done as any other list: nothing is searched for, or nothing that the indexes can find.</summary>
    public static async Task<List<Guid>?> Page(JobsDbContext context, IQueryable<JobState> jobs, JobListRequest request, CancellationToken cancellationToken)
    {
        if (!context.Database.IsNpgsql() || request.Filter.Text is not { } text || !HasTrigram(text))
        {
            return null;
        }
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await context.Database.ExecuteSqlRawAsync("set local enable_seqscan = off; set local enable_bitmapscan = off", cancellationToken);
        if (request is { OrderBy: "created_at", Descending: true } && await Horizon(context, request, cancellationToken) is { } horizon
            && await jobs.Where(x => x.CreatedAt >= horizon).Ids(request, cancellationToken) is { } ids && ids.Count == request.Limit)
        {
            return ids;
        }
        if ((await context.TasksNamed(text, cancellationToken)).Count > 0)
        {
            // Their jobs are found in no index of texts
            return null;
        }
        await context.Database.ExecuteSqlRawAsync("set local enable_bitmapscan = on; set local enable_indexscan = off", cancellationToken);
        return await jobs.Ids(request, cancellationToken);
    }

    /// <summary>Creation time of the first recent job of the page; null if there are no more.</summary>
    static async Task<DateTimeOffset?> Horizon(JobsDbContext context, JobListRequest request, CancellationToken cancellationToken)
    {
        var jobs = context.Jobs.AsNoTracking();
        var until = request.After is { } cursor ? jobs.After(cursor, descending: true) : jobs;
        var created = await until.OrderByDescending(x => x.CreatedAt).Select(x => x.CreatedAt).Skip(Latest).Take(1).ToListAsync(cancellationToken);
        return created is [var at] ? at : null;
    }

    /// <summary>Three letters or digits in a row.</summary>
    static bool HasTrigram(string text)
    {
        var row = 0;
        foreach (var c in text)
        {
            row = char.IsLetterOrDigit(c) ? row + 1 : 0;
            if (row == 3)
            {
                return true;
            }
        }
        return false;
    }
}
