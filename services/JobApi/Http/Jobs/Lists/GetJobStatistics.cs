using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Background;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs.Lists;

/// <summary>GET /jobs/stats</summary>
static class GetJobStatistics
{
    public static async Task<Results<RecordAnswer<JobStats>, ProblemHttpResult>> Handle(
        HttpRequest http, CallerScope viewer, StatisticsKeeper keeper, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var owner = new QueryReader(http.Query, errors, ["owner"]).Text("owner");
        if (errors.Any)
        {
            return errors.ToProblem("Failed to get statistics");
        }
        if (owner is not null && !viewer.Sees(owner))
        {
            return Problems.Forbidden("Failed to get statistics: those of others need the permission view_jobs.");
        }
        var statistics = await keeper.Read(owner ?? viewer.OnlyOwner, cancellationToken);
        return new RecordAnswer<JobStats>(ToRecord(statistics), ApiJson.Default.JobStats);
    }

    static JobStats ToRecord(JobStatistics statistics)
    {
        var all = Count(statistics.Groups);
        return new()
        {
            TotalJobs = all.TotalJobs,
            PendingJobs = all.PendingJobs,
            RunningJobs = all.RunningJobs,
            CompletedJobs = all.CompletedJobs,
            FailedJobs = all.FailedJobs,
            CancelledJobs = all.CancelledJobs,
            ExpiredJobs = all.ExpiredJobs,
            AvgWaitTime = Math.Round(statistics.AverageWait, 3),
            AvgRunTime = Math.Round(statistics.AverageRun, 3),
            ByQueue = CountBy(statistics.Groups, x => x.QueueName),
            ByPriority = CountByPriority(statistics.Groups),
            ByStatus = all.ByStatus,
            ByTask = CountBy(statistics.Groups, x => x.TaskName),
            Throughput = new()
            {
                LastMinute = statistics.EndedInMinute,
                LastHour = statistics.EndedInHour,
                PerSecond = Math.Round(statistics.EndedInMinute / 60.0, 3),
            },
            AsOf = statistics.AsOf,
        };
    }

    static OrderedDictionary<string, JobCounts> CountBy(IReadOnlyList<JobGroup> groups, Func<JobGroup, string> name) =>
        new(groups.GroupBy(name).OrderBy(x => x.Key, StringComparer.Ordinal).Select(x => KeyValuePair.Create(x.Key, Count([.. x]))));

    static CountsByPriority CountByPriority(IReadOnlyList<JobGroup> groups)
    {
        return new() { Critical = Jobs(Priority.Critical), High = Jobs(Priority.High), Normal = Jobs(Priority.Normal), Low = Jobs(Priority.Low) };

        long Jobs(string word) => groups.Where(x => x.Priority == Priority.ToLevel(word)).Sum(x => x.Count);
    }

    /// <summary>Each job is counted in the total and in exactly one of the others.</summary>
    static JobCounts Count(IReadOnlyList<JobGroup> groups)
    {
        var counts = CountByStatus(groups);
        return new()
        {
            TotalJobs = groups.Sum(x => x.Count),
            PendingJobs = counts.Pending + counts.Retrying,
            RunningJobs = counts.Reserved + counts.Running,
            CompletedJobs = counts.Completed,
            FailedJobs = counts.Failed + counts.Timeout,
            CancelledJobs = counts.Cancelled,
            ExpiredJobs = counts.Expired,
            ByStatus = counts,
        };
    }

    static CountsByStatus CountByStatus(IReadOnlyList<JobGroup> groups)
    {
        var counts = groups.GroupBy(x => x.Status).ToDictionary(x => x.Key, x => x.Sum(y => y.Count));
        return new()
        {
            Pending = counts.GetValueOrDefault(JobStatus.Pending),
            Reserved = counts.GetValueOrDefault(JobStatus.Reserved),
            Running = counts.GetValueOrDefault(JobStatus.Running),
            Retrying = counts.GetValueOrDefault(JobStatus.Retrying),
            Completed = counts.GetValueOrDefault(JobStatus.Completed),
            Failed = counts.GetValueOrDefault(JobStatus.Failed),
            Cancelled = counts.GetValueOrDefault(JobStatus.Cancelled),
            Timeout = counts.GetValueOrDefault(JobStatus.Timeout),
            Expired = counts.GetValueOrDefault(JobStatus.Expired),
        };
    }
}
