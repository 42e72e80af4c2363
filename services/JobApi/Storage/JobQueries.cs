using JobSystem.JobApi.Model;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>Lists of jobs, for people. They have connections of their own: the store never waits for them.</summary>
public sealed class JobQueries(IDbContextFactory<JobsDbContext> contexts, TimeProvider time)
{
    /// <summary>The columns that the store reads, without histories, which would be most of the data.</summary>
    const string WithoutHistory = $"select {JobRow.Columns}, result, error, children, cast(null as text) as history, fingerprint from jobs";

    readonly JobCountCache counts = new(time);

    /// <summary>One page, and how many jobs there are on all pages; see <see cref="JobCountCache"/> for how exact that is.</summary>
    public async Task<JobPage> List(JobListRequest request, CancellationToken cancellationToken)
    {
        var items = await Page(request, cancellationToken);
        var total = await counts.Get(request.Filter, () => Count(request.Filter), cancellationToken);
        return new(items, Math.Max(total, items.Count == 0 ? 0 : request.Offset + items.Count));
    }

    /// <summary>One page, without the number of jobs that there are.</summary>
    public Task<IReadOnlyList<JobState>> Page(JobListRequest request, CancellationToken cancellationToken) =>
        Run((context, ct) => Page(context, request, ct), cancellationToken);

    /// <summary>How many jobs fit now, however long counting takes.</summary>
    public Task<long> Count(JobFilter filter, DateTimeOffset createdBefore, CancellationToken cancellationToken) =>
        Run(async (context, ct) => await (await Filtered(context, filter, ct)).LongCountAsync(x => x.CreatedAt <= createdBefore, ct), cancellationToken);

    /// <summary>Selects matching jobs, oldest first.</summary>
    public Task<IReadOnlyList<PageEnd<Guid>>> ListIds(JobFilter filter, DateTimeOffset createdBefore, PageEnd<Guid>? after, int limit, CancellationToken cancellationToken) =>
        Run<IReadOnlyList<PageEnd<Guid>>>(async (context, ct) =>
        {
            var jobs = (await Filtered(context, filter, ct)).Where(x => x.CreatedAt <= createdBefore);
            jobs = after is { } end ? jobs.After(end, descending: false) : jobs;
            return await jobs.Order("created_at", descending: false).Take(limit).Select(x => new PageEnd<Guid>(x.CreatedAt, x.CorrelationId)).ToListAsync(ct);
        }, cancellationToken);

    /// <summary>Not cancelled by a caller, because several may wait for it.</summary>
    Task<long> Count(JobFilter filter) => Run(async (context, ct) => await (await Filtered(context, filter, ct)).LongCountAsync(ct), CancellationToken.None);

    async Task<IQueryable<JobState>> Filtered(JobsDbContext context, JobFilter filter, CancellationToken cancellationToken) =>
        context.Jobs.AsNoTracking().Where(filter, await context.TasksNamed(filter.Text, cancellationToken), time.GetUtcNow(), postgres: context.Database.IsNpgsql());

    async Task<IReadOnlyList<JobState>> Page(JobsDbContext context, JobListRequest request, CancellationToken cancellationToken)
    {
        var jobs = await Filtered(context, request.Filter, cancellationToken);
        jobs = request.After is { } cursor ? jobs.After(cursor, request.Descending) : jobs;
        // Ids first: what is skipped and sorted is then small, and may come from the index alone
        var ids = await TextSearch.Page(context, jobs, request, cancellationToken) ?? await jobs.Ids(request, cancellationToken);
        var rows = await context.Jobs.FromSqlRaw(WithoutHistory).AsNoTracking()
            .Where(x => ids.Contains(x.CorrelationId)).ToDictionaryAsync(x => x.CorrelationId, cancellationToken);
        return [.. ids.Where(rows.ContainsKey).Select(id => rows[id])];
    }

    /// <summary>Once more when the connection was cut, so what it does must be harmless when it is done twice.</summary>
    public async Task<T> Run<T>(Func<JobsDbContext, CancellationToken, Task<T>> query, CancellationToken cancellationToken, bool again = false)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        try
        {
            return await query(context, cancellationToken);
        }
        catch (Exception exception) when (!again && PostgresCalls.IsBroken(exception))
        {
            NpgsqlConnection.ClearPool((NpgsqlConnection)context.Database.GetDbConnection());
        }
        catch (Exception exception) when (PostgresCalls.IsUnavailable(exception))
        {
            throw PostgresCalls.Unavailable(exception);
        }

        return await Run(query, cancellationToken, again: true);
    }
}
