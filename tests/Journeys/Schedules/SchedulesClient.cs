using System.Net;
using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Schedules;

/// <summary>What the API shows of a schedule, as far as the journeys look at it.</summary>
public sealed record ScheduleView
{
    public required string Id { get; init; }
    public required string Status { get; init; }
    public DateTimeOffset? LastRunAt { get; init; }
    public DateTimeOffset? NextRunAt { get; init; }
    public long RunCount { get; init; }
    public long MissedCount { get; init; }
    public long SkippedCount { get; init; }
}

/// <summary>Schedules, as a caller sees them through the gateway.</summary>
public sealed class SchedulesClient(JobsClient client)
{
    const int Page = 1000;

    public async Task<ScheduleView> Create(object schedule) => await Read<ScheduleView>(HttpMethod.Post, "api/v1/schedules", schedule);

    /// <summary>Each second, the task <c>echo</c>, with a policy.</summary>
    public Task<ScheduleView> EachSecond(string misfire) =>
        Create(new { name = $"each second, {misfire}", task_name = "echo", interval = new { seconds = 1 }, misfire_policy = misfire });

    public Task<ScheduleView> Get(string id) => Read<ScheduleView>(HttpMethod.Get, $"api/v1/schedules/{id}");

    public Task<ScheduleView> Pause(string id) => Read<ScheduleView>(HttpMethod.Post, $"api/v1/schedules/{id}/pause");

    public async Task Delete(string id)
    {
        using var answer = await client.Raw(HttpMethod.Delete, $"api/v1/schedules/{id}");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    /// <summary>Every job of the schedule, the oldest tick first.</summary>
    public async Task<IReadOnlyList<JobView>> Jobs(string id)
    {
        var jobs = new List<JobView>();
        for (var full = true; full;)
        {
            var page = await Read<JobPage>(HttpMethod.Get, $"api/v1/schedules/{id}/jobs?limit={Page}&offset={jobs.Count}&order_dir=asc");
            jobs.AddRange(page.Items);
            full = page.Items.Count == Page;
        }
        return [.. jobs.OrderBy(x => x.ScheduledAt)];
    }

    async Task<T> Read<T>(HttpMethod method, string path, object? body = null)
    {
        using var answer = await client.Raw(method, path, body);
        return await JobsClient.Read<T>(answer, $"{method} {path}");
    }
}

/// <summary>What the jobs of schedules that run each second say about their ticks.</summary>
static class Ticks
{
    public static void AreNotDoubled(IReadOnlyList<JobView> jobs) =>
        Assert.Empty(jobs.GroupBy(x => x.ScheduledAt).Where(x => x.Count() > 1).Select(x => $"{x.Key:O}: {x.Count()} jobs"));

    /// <summary>From the first to the last, one each second.</summary>
    public static void AreComplete(IReadOnlyList<JobView> jobs)
    {
        AreNotDoubled(jobs);
        Assert.Empty(jobs.Zip(jobs.Skip(1)).Where(x => x.Second.ScheduledAt - x.First.ScheduledAt != TimeSpan.FromSeconds(1)).Select(x => $"{x.First.ScheduledAt:O} is followed by {x.Second.ScheduledAt:O}"));
    }

    public static TimeSpan LongestLag(IReadOnlyList<JobView> jobs) => jobs.Max(x => x.CreatedAt - x.ScheduledAt!.Value);
}
