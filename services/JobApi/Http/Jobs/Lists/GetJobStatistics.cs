using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Background;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Jobs.Lists;

/// <summary>GET /jobs/stats</summary>
static class GetJobStatistics
{
    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpRequest http, CallerScope viewer, StatisticsKeeper keeper, CancellationToken cancellationToken)
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
        return new WrittenAnswer(json => Write(json, statistics));
    }

    static void Write(Utf8JsonWriter json, JobStatistics statistics)
    {
        json.WriteStartObject();
        WriteCounts(json, statistics.Groups);
        json.WriteNumber("avg_wait_time"u8, Math.Round(statistics.AverageWait, 3));
        json.WriteNumber("avg_run_time"u8, Math.Round(statistics.AverageRun, 3));
        WriteEach(json, "by_queue", statistics.Groups.GroupBy(x => x.QueueName));
        json.WriteStartObject("by_priority"u8);
        foreach (var word in Priority.All)
        {
            json.WriteNumber(word, statistics.Groups.Where(x => x.Priority == Priority.ToLevel(word)).Sum(x => x.Count));
        }
        json.WriteEndObject();
        WriteStatuses(json, statistics.Groups);
        WriteEach(json, "by_task", statistics.Groups.GroupBy(x => x.TaskName));
        json.WriteStartObject("throughput"u8);
        json.WriteNumber("last_minute"u8, statistics.EndedInMinute);
        json.WriteNumber("last_hour"u8, statistics.EndedInHour);
        json.WriteNumber("per_second"u8, Math.Round(statistics.EndedInMinute / 60.0, 3));
        json.WriteEndObject();
        json.WriteString("as_of"u8, statistics.AsOf.UtcDateTime);
        json.WriteEndObject();
    }

    static void WriteEach(Utf8JsonWriter json, string name, IEnumerable<IGrouping<string, JobGroup>> groups)
    {
        json.WriteStartObject(name);
        foreach (var group in groups.OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            json.WriteStartObject(group.Key);
            WriteCounts(json, [.. group]);
            WriteStatuses(json, [.. group]);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    static void WriteStatuses(Utf8JsonWriter json, IReadOnlyList<JobGroup> groups)
    {
        json.WriteStartObject("by_status"u8);
        foreach (var status in JobStatus.All)
        {
            json.WriteNumber(status, Count(groups, status));
        }
        json.WriteEndObject();
    }

    /// <summary>Each matched job is counted in the total and in exactly one of the others.</summary>
    static void WriteCounts(Utf8JsonWriter json, IReadOnlyList<JobGroup> groups)
    {
        json.WriteNumber("total_jobs"u8, groups.Sum(x => x.Count));
        json.WriteNumber("pending_jobs"u8, Count(groups, JobStatus.Pending, JobStatus.Retrying));
        json.WriteNumber("running_jobs"u8, Count(groups, JobStatus.Reserved, JobStatus.Running));
        json.WriteNumber("completed_jobs"u8, Count(groups, JobStatus.Completed));
        json.WriteNumber("failed_jobs"u8, Count(groups, JobStatus.Failed, JobStatus.Timeout));
        json.WriteNumber("cancelled_jobs"u8, Count(groups, JobStatus.Cancelled));
        json.WriteNumber("expired_jobs"u8, Count(groups, JobStatus.Expired));
    }

    static long Count(IEnumerable<JobGroup> groups, params string[] statuses) => groups.Where(x => statuses.Contains(x.Status)).Sum(x => x.Count);
}
