using System.ComponentModel.DataAnnotations.Schema;
using JobSystem.Contracts;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Storage;

/// <summary>How many jobs there are, by what they are and how far they are, and how quickly they went of late.</summary>
/// <param name="EndedInMinute">Jobs that ended within the minute before <paramref name="AsOf"/>.</param>
/// <param name="AverageWait">Seconds between the moment from which a job could run and its latest start, over the latest <see cref="Sample"/> that ended.</param>
/// <param name="AverageRun">Seconds between latest start and end, over the same jobs.</param>
public sealed record JobStatistics(
    DateTimeOffset AsOf, IReadOnlyList<JobGroup> Groups, long EndedInMinute, long EndedInHour, double AverageWait, double AverageRun)
{
    public const int Sample = 1000;

    // One statement, so that a job that ends meanwhile is counted once. The first half reads what has not ended, the second an index only.
    const string Count = """
        select queue_name, task_name, priority, state, count(*) as jobs from jobs where completed_at is null{0}
        group by queue_name, task_name, priority, state
        union all
        select queue_name, task_name, priority, coalesce(outcome, 'completed') as state, count(*) as jobs from jobs where completed_at is not null{0}
        group by queue_name, task_name, priority, outcome
        """;

    static readonly string countAll = Count.Replace("{0}", "", StringComparison.Ordinal);
    static readonly string countOwn = Count.Replace("{0}", " and owner = {0}", StringComparison.Ordinal);

    /// <param name="owner">Null for everybody's jobs.</param>
    internal static async Task<JobStatistics> Read(JobsDbContext context, string? owner, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var groups = await context.Database.SqlQueryRaw<JobGroup>(owner is null ? countAll : countOwn, owner is null ? [] : [owner]).ToListAsync(cancellationToken);
        var ended = context.Jobs.AsNoTracking().Where(x => x.CompletedAt != null);
        ended = owner is null ? ended : ended.Where(x => x.Owner == owner);
        var (minute, hour) = (now.AddMinutes(-1), now.AddHours(-1));
        var (inMinute, inHour) = (0L, 0L);
        var latest = new List<EndedJob>();
        // One outcome after the other, as the index has them
        foreach (var status in JobStatus.Final)
        {
            var outcome = status == JobStatus.Completed ? null : status;
            var those = ended.Where(x => x.Outcome == outcome);
            inMinute += await those.LongCountAsync(x => x.CompletedAt > minute, cancellationToken);
            inHour += await those.LongCountAsync(x => x.CompletedAt > hour, cancellationToken);
            latest.AddRange(await those.OrderByDescending(x => x.Outcome).ThenByDescending(x => x.CompletedAt).Take(Sample)
                .Select(x => new EndedJob(x.ScheduledAt ?? x.CreatedAt, x.StartedAt, x.CompletedAt)).ToListAsync(cancellationToken));
        }
        var ran = latest.OrderByDescending(x => x.CompletedAt).Take(Sample).Where(x => x.StartedAt != null).ToList();
        return new(now, groups, inMinute, inHour, Average(ran.Select(x => x.StartedAt - x.Ready)), Average(ran.Select(x => x.CompletedAt - x.StartedAt)));
    }

    sealed record EndedJob(DateTimeOffset Ready, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt);

    /// <summary>0 if there are none. Clocks of hosts may differ slightly.</summary>
    static double Average(IEnumerable<TimeSpan?> times) => times.Select(x => Math.Max(0, x!.Value.TotalSeconds)).DefaultIfEmpty(0).Average();
}

/// <summary>Jobs that have all of this in common.</summary>
public sealed record JobGroup
{
    [Column("queue_name")]
    public required string QueueName { get; init; }

    [Column("task_name")]
    public required string TaskName { get; init; }

    /// <summary>From 4 (critical) to 1 (low).</summary>
    [Column("priority")]
    public required short Priority { get; init; }

    [Column("state")]
    public required string Status { get; init; }

    [Column("jobs")]
    public required long Count { get; init; }
}
