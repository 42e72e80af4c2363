using System.Diagnostics;
using System.Net;
using JobSystem.Support;

namespace JobSystem.Scheduler.Tests.Api;

/// <summary>The schedules' database goes and comes back; the jobs have another one.</summary>
public sealed class DatabaseUnavailableTests
{
    [Fact]
    public async Task Firing_DatabaseGoesAndComesBack_MissesAsThePolicySaysAndDoublesNothing()
    {
        await using var postgres = await PostgresServer.StartPrivate();
        await using var vhost = await (await RabbitServer.Shared()).CreateVirtualHost();
        await using var schedules = await postgres.CreateDatabase();
        await using var jobs = await (await PostgresServer.Shared()).CreateDatabase();
        await using var jobApi = await SchedulerHost.Start(
            true, ("JOBSYSTEM_POSTGRES", jobs.Url), ("JOBSYSTEM_RABBITMQ", vhost.Url), ("JOBSYSTEM_WORKER_NAME", "jobs"));
        await using var scheduler = await SchedulerHost.Start(
            false, ("JOBSYSTEM_POSTGRES", schedules.Url), ("JOBSYSTEM_RABBITMQ", vhost.Url));
        var id = await scheduler.Create("""{"name":"all","task_name":"echo","interval":{"seconds":1},"misfire_policy":"fire_all"}""");
        await Eventually.Holds(async () => (await jobApi.Jobs(id)).Count >= 2, TimeSpan.FromSeconds(20));

        await postgres.Stop();
        foreach (var (method, path, json) in ((HttpMethod, string, string?)[])
            [(HttpMethod.Get, "schedules", null), (HttpMethod.Get, $"schedules/{id}", null), (HttpMethod.Post, $"schedules/{id}/pause", null), (HttpMethod.Post, "schedules", """{"name":"x","task_name":"echo","cron_expression":"@daily"}""")])
        {
            var clock = Stopwatch.StartNew();
            var answer = await scheduler.Send(method, path, json);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
            Assert.NotNull(answer.Headers.RetryAfter);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"{path} took {clock.Elapsed}");
        }
        await Task.Delay(TimeSpan.FromSeconds(3));
        var before = (await jobApi.Jobs(id)).Count;
        await postgres.Start();

        // Every run of the time without a database fires afterwards, once
        await Eventually.Holds(async () => (await jobApi.Jobs(id)).Count >= before + 6, TimeSpan.FromSeconds(60));
        await scheduler.Expect(HttpStatusCode.OK, HttpMethod.Post, $"schedules/{id}/pause");
        var runs = (await jobApi.Jobs(id)).Select(x => x.GetProperty("scheduled_at").GetDateTimeOffset()).Order().ToList();
        Assert.All(runs.Zip(runs.Skip(1)), x => Assert.Equal(TimeSpan.FromSeconds(1), x.Second - x.First));
    }
}
