using System.ComponentModel.DataAnnotations.Schema;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Rollups;
using JobSystem.JobApi.Storage;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Http.History;

/// <summary>Reads rollups and groups of failures.</summary>
public sealed class HistoryQueries(JobQueries queries)
{
    /// <summary>Number of failed jobs per hour since 1970.</summary>
    const string HoursInPostgres = """
        select fingerprint, floor(extract(epoch from completed_at) / 3600)::bigint as hour, count(*) as jobs
        from jobs where fingerprint = any({0}) and completed_at >= {1} group by fingerprint, hour
        """;

    const string HoursInSqlite = """
        select fingerprint, completed_at / 3600000000 as hour, count(*) as jobs
        from jobs where fingerprint in (select value from json_each({0})) and completed_at >= {1} group by fingerprint, hour
        """;

    const string AllTotals = """
        select queue_name, task_name, priority, submitted, started, completed, failed, timed_out, retried, cancelled, expired, rescued, cast(null as text) as lines
        from job_totals
        union all
        select '', '', cast(0 as smallint), 0, 0, 0, 0, 0, 0, 0, 0, 0, lines from rollup_inbox
        """;

    /// <summary>The rollups of a range, of some queues and tasks or of all.</summary>
    public Task<List<Rollup>> Rollups(
        int stepSeconds, DateTimeOffset from, DateTimeOffset to, IReadOnlyList<string> queues, IReadOnlyList<string> tasks, CancellationToken cancellationToken) =>
        queries.Run((context, ct) =>
        {
            var rollups = context.Rollups.AsNoTracking().Where(x => x.StepSeconds == stepSeconds && x.At >= from && x.At < to);
            rollups = queues.Count == 0 ? rollups : rollups.Where(x => queues.Contains(x.QueueName));
            rollups = tasks.Count == 0 ? rollups : rollups.Where(x => tasks.Contains(x.TaskName));
            return rollups.ToListAsync(ct);
        }, cancellationToken);

    /// <summary>Current totals, including lines that have not been added yet, read consistently with one statement.</summary>
    public async Task<IReadOnlyCollection<JobTotal>> Totals(CancellationToken cancellationToken)
    {
        var rows = await queries.Run((context, ct) => context.Database.SqlQueryRaw<TotalOrLines>(AllTotals).ToListAsync(ct), cancellationToken);
        var totals = rows.Where(x => x.Lines is null).Select(x => x.Total).ToDictionary(x => (x.QueueName, x.TaskName, x.Priority));
        foreach (var recent in RollupLines.Totals(rows.Select(x => x.Lines).OfType<string>()))
        {
            if (!totals.TryAdd((recent.QueueName, recent.TaskName, recent.Priority), recent))
            {
                totals[(recent.QueueName, recent.TaskName, recent.Priority)].Add(recent);
            }
        }
        return totals.Values;
    }

    /// <summary>Failed and timed-out jobs, grouped by kind of failure; the group with the latest failure first.</summary>
    public Task<(IReadOnlyList<FailureSummary> Groups, int Total)> Failures(
        IReadOnlyList<string> queues, IReadOnlyList<string> tasks, int limit, DateTimeOffset now, CancellationToken cancellationToken) =>
        queries.Run<(IReadOnlyList<FailureSummary>, int)>(async (context, ct) =>
        {
            var jobs = context.Jobs.AsNoTracking().Where(x => x.Fingerprint != null);
            jobs = queues.Count == 0 ? jobs : jobs.Where(x => queues.Contains(x.QueueName));
            jobs = tasks.Count == 0 ? jobs : jobs.Where(x => tasks.Contains(x.TaskName));
            var all = await jobs.GroupBy(x => x.Fingerprint!)
                .Select(x => new { Fingerprint = x.Key, Count = x.LongCount(), First = x.Min(job => job.CompletedAt), Last = x.Max(job => job.CompletedAt) }).ToListAsync(ct);
            var shown = all.OrderByDescending(x => x.Last).Take(limit).ToList();
            string[] prints = [.. shown.Select(x => x.Fingerprint)];
            var latest = await Latest(context, jobs, [.. shown.Select(x => (x.Fingerprint, x.Last))], ct);
            var hours = (await Hours(context, prints, now, ct)).ToLookup(x => x.Fingerprint);
            return ([.. shown.Where(x => latest.ContainsKey(x.Fingerprint))
                .Select(x => new FailureSummary(x.Fingerprint, x.Count, x.First!.Value, x.Last!.Value, latest[x.Fingerprint], Trend(hours[x.Fingerprint], now)))], all.Count);
        }, cancellationToken);

    static async Task<Dictionary<string, JobState>> Latest(
        JobsDbContext context, IQueryable<JobState> jobs, List<(string Fingerprint, DateTimeOffset? Last)> groups, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, JobState>(StringComparer.Ordinal);
        foreach (var (fingerprint, last) in groups)
        {
            var id = await jobs.Where(x => x.Fingerprint == fingerprint && x.CompletedAt == last).Select(x => x.CorrelationId).FirstOrDefaultAsync(cancellationToken);
            // Deleted or retried meanwhile
            if (await context.Jobs.AsNoTracking().Where(x => x.CorrelationId == id).Select(x => new JobState { CorrelationId = x.CorrelationId, Key = x.Key, TaskName = x.TaskName, QueueName = x.QueueName, Owner = x.Owner, CurrentState = x.CurrentState, Error = x.Error }).FirstOrDefaultAsync(cancellationToken) is { } job)
            {
                found[fingerprint] = job;
            }
        }
        return found;
    }

    static Task<List<FailureHour>> Hours(
        JobsDbContext context, string[] fingerprints, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var since = now.ToUniversalTime().AddHours(-FailureSummary.TrendHours);
        return context.Database.IsNpgsql()
            ? context.Database.SqlQueryRaw<FailureHour>(HoursInPostgres, fingerprints, since).ToListAsync(cancellationToken)
            : context.Database.SqlQueryRaw<FailureHour>(HoursInSqlite, System.Text.Json.JsonSerializer.Serialize(fingerprints), UnixTime.Microseconds(since)).ToListAsync(cancellationToken);
    }

    static long[] Trend(IEnumerable<FailureHour> hours, DateTimeOffset now)
    {
        var last = now.ToUnixTimeSeconds() / Rollup.Hour;
        var counts = new long[FailureSummary.TrendHours];
        foreach (var hour in hours.Where(x => last - x.Hour is >= 0 and < FailureSummary.TrendHours))
        {
            counts[^(int)(last - hour.Hour + 1)] = hour.Jobs;
        }
        return counts;
    }

    /// <summary>A rollup total, or lines of the inbox.</summary>
    sealed record TotalOrLines
    {
        [Column("queue_name")]
        public required string QueueName { get; init; }

        [Column("task_name")]
        public required string TaskName { get; init; }

        [Column("priority")]
        public required short Priority { get; init; }

        [Column("submitted")]
        public required long Submitted { get; init; }

        [Column("started")]
        public required long Started { get; init; }

        [Column("completed")]
        public required long Completed { get; init; }

        [Column("failed")]
        public required long Failed { get; init; }

        [Column("timed_out")]
        public required long TimedOut { get; init; }

        [Column("retried")]
        public required long Retried { get; init; }

        [Column("cancelled")]
        public required long Cancelled { get; init; }

        [Column("expired")]
        public required long Expired { get; init; }

        [Column("rescued")]
        public required long Rescued { get; init; }

        [Column("lines")]
        public string? Lines { get; init; }

        public JobTotal Total => new()
        {
            QueueName = QueueName,
            TaskName = TaskName,
            Priority = Priority,
            Submitted = Submitted,
            Started = Started,
            Completed = Completed,
            Failed = Failed,
            TimedOut = TimedOut,
            Retried = Retried,
            Cancelled = Cancelled,
            Expired = Expired,
            Rescued = Rescued,
        };
    }

    sealed record FailureHour
    {
        [Column("fingerprint")]
        public required string Fingerprint { get; init; }

        [Column("hour")]
        public required long Hour { get; init; }

        [Column("jobs")]
        public required long Jobs { get; init; }
    }
}

/// <param name="Latest">The job of the group that failed last, with its error.</param>
/// <param name="Trend">How many failed in each of the last 24 hours, oldest first; the last one has only begun.</param>
public sealed record FailureSummary(string Fingerprint, long Count, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, JobState Latest, IReadOnlyList<long> Trend)
{
    public const int TrendHours = 24;
}
