using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;

namespace JobSystem.JobApi.Http.Jobs.Bulk;

/// <summary>Applies an operation to many jobs. A filter selects jobs that exist at the time of the call; they are processed in pages.</summary>
sealed partial class BulkJobs(JobQueries queries, IJobStore store, DatabaseClock clock, ILogger<BulkJobs> logger)
{
    /// <summary>Number of jobs per query.</summary>
    const int Page = 5000;

    /// <summary>Number of jobs processed concurrently.</summary>
    const int AtOnce = 500;

    /// <summary>Starts it. It continues even if the caller stops waiting.</summary>
    public BulkRun Begin(BulkVerb verb, BulkRequest request, CallerScope viewer)
    {
        var run = new BulkRun(verb);
        run.Done = request.Ids is { } ids ? RunIds(run, verb, ids, viewer, request.DryRun) : RunFilter(run, verb, ChangedBy(viewer, request.Filter), request.DryRun);
        _ = run.Done.ContinueWith(
            x => LogStopped(x.Exception!, run.Counts.Done, run.Word),
            CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return run;
    }

    [LoggerMessage(2402, LogLevel.Warning, "Bulk call stopped after {Count} jobs were {Word}; request it again")]
    partial void LogStopped(Exception exception, long count, string word);

    async Task RunIds(BulkRun run, BulkVerb verb, IReadOnlyList<string> ids, CallerScope viewer, bool dryRun)
    {
        var wellFormed = ids.Where(JobIds.IsWellFormed).ToDictionary(x => x, JobIds.Resolve);
        var rows = await store.Load([.. wellFormed.Values.Select(x => x.Id).Distinct()], CancellationToken.None);
        var found = new List<Guid>();
        foreach (var id in ids)
        {
            if (wellFormed.TryGetValue(id, out var key) && rows.TryGetValue(key.Id, out var row) && row.Key == key.Key && viewer.Sees(row.Owner))
            {
                Find(row);
            }
            else
            {
                run.Skip(id, new("job_not_found", JobLookup.Message(id)));
            }
        }
        found = [.. found.Distinct()];
        run.Match(found.Count);
        if (!dryRun)
        {
            await Do(run, verb, found);
            return;
        }
        foreach (var job in found.Select(x => rows[x]).Where(x => !verb.States.Contains(x.CurrentState)))
        {
            run.Skip(job.JobId, verb.Refuse(job));
        }

        void Find(JobState row)
        {
            if (viewer.Refuse(row) is { } refusal)
            {
                run.Match(1);
                run.Skip(row.JobId, refusal);
            }
            else
            {
                found.Add(row.CorrelationId);
            }
        }
    }

    /// <summary>Excludes jobs that the caller may not change.</summary>
    static JobFilter ChangedBy(CallerScope viewer, JobFilter filter) => viewer.ManagesAll ? filter : filter with { OnlyOwner = viewer.Owner };

    async Task RunFilter(BulkRun run, BulkVerb verb, JobFilter filter, bool dryRun)
    {
        var now = clock.UtcNow;
        var fitting = Narrow(filter, verb.States);
        var others = Narrow(filter, [.. JobStatus.All.Except(verb.States)]);
        if (others is not null && await queries.Count(others, now, CancellationToken.None) is > 0 and var skipped)
        {
            run.Match(skipped);
            run.Skip(skipped);
            await Explain(run, verb, others);
        }
        if (fitting is not null && dryRun)
        {
            run.Match(await queries.Count(fitting, now, CancellationToken.None));
        }
        else if (fitting is not null)
        {
            await RunFitting(run, verb, fitting, now);
        }
    }

    async Task RunFitting(BulkRun run, BulkVerb verb, JobFilter filter, DateTimeOffset now)
    {
        PageEnd<Guid>? after = null;
        while (await queries.ListIds(filter, now, after, Page, CancellationToken.None) is { Count: > 0 } places)
        {
            run.Match(places.Count);
            after = places[^1];
            foreach (var jobs in places.Select(x => x.Id).Chunk(AtOnce))
            {
                await Do(run, verb, jobs);
            }
        }
    }

    async Task Explain(BulkRun run, BulkVerb verb, JobFilter others)
    {
        var page = await queries.Page(new(others, BulkRun.MostErrors, Descending: false), CancellationToken.None);
        foreach (var job in page)
        {
            run.Explain(job.JobId, verb.Refuse(job));
        }
    }

    static async Task Do(BulkRun run, BulkVerb verb, IReadOnlyList<Guid> jobs)
    {
        var outcomes = await verb.Do(jobs, CancellationToken.None);
        for (var i = 0; i < jobs.Count; i++)
        {
            run.Note(jobs[i], outcomes[i]);
        }
    }

    /// <summary>Null if the two sets of states do not intersect.</summary>
    static JobFilter? Narrow(JobFilter filter, IReadOnlyList<string> states)
    {
        var both = filter.Statuses.Count == 0 ? states : [.. filter.Statuses.Intersect(states)];
        return both.Count == 0 ? null : filter with { Statuses = both };
    }
}
