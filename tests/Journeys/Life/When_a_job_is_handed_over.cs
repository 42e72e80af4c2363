using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_a_job_is_handed_over(Deployment deployment) : Journey(deployment)
{
    JobsClient Client => system.Client;

    [Fact]
    public async Task Should_run_it_and_keep_its_result()
    {
        var submitted = await Client.Submit(JobRequest.Echo(42, "test") with { Kwargs = new JsonObject { ["format"] = "json" } });
        Assert.False(submitted.IsFinal);

        var job = await Client.WaitFor(submitted.Id);

        Assert.Equal("completed", job.Status);
        Assert.Equal("""{"args":[42,"test"],"kwargs":{"format":"json"}}""", JsonSerializer.Serialize(job.Result));
        Assert.Equal((1, 0), (job.Attempt, job.RetryCount));
        Assert.Null(job.Error);
        Assert.InRange(job.StartedAt!.Value, job.CreatedAt, job.CompletedAt!.Value);
        Assert.NotNull(job.WorkerId);
        Assert.Equal(100, job.Progress);
    }

    [Fact]
    public async Task Should_run_it_exactly_once_and_tell_the_task_who_it_is()
    {
        var label = Deployment.Label("once");

        var job = await Client.Run(JobRequest.Call(system.Ledger.Url(label)));

        var run = Assert.Single(system.Ledger.Of(label));
        Assert.Equal((job.Id, 1, job.WorkerId), (run.JobId, run.Attempt, run.WorkerId));
        Assert.Equal(200, job.Result!.Value.GetProperty("status").GetInt32());
        Assert.Equal($"{label} 1", job.Result!.Value.GetProperty("body").GetString());
    }

    [Fact]
    public async Task Should_honour_every_field_of_the_request()
    {
        var key = Deployment.Label("key");
        var request = JobRequest.Echo(1, "two") with
        {
            Kwargs = new JsonObject { ["three"] = 3.5 },
            QueueName = "reports",
            Priority = "high",
            ScheduledAt = TimeProvider.System.GetUtcNow().AddMinutes(30),
            MaxRetries = 7,
            RetryDelay = 11,
            Timeout = 13,
            Tags = ["data", "processing"],
            Metadata = new JsonObject { ["source"] = "api" },
            JobId = $"{key}.id",
            IdempotencyKey = key,
            ExpiresAt = TimeProvider.System.GetUtcNow().AddMinutes(60),
            Title = "A title",
            Description = "What it is for",
        };

        var job = await Client.Get((await Client.Submit(request)).Id);

        Assert.Equal($"{key}.id", job.Id);
        Assert.Equal(("echo", "pending", "reports", "high"), (job.TaskName, job.Status, job.QueueName, job.Priority));
        Assert.Equal((7, 11, 13), (job.MaxRetries, job.RetryDelay, job.Timeout));
        Assert.Equal(("A title", "What it is for", key), (job.Title, job.Description, job.IdempotencyKey));
        Assert.Equal(request.Tags, job.Tags);
        Assert.Equal("""[1,"two"]""", JsonSerializer.Serialize(job.Args));
        Assert.Equal("""{"three":3.5}""", JsonSerializer.Serialize(job.Kwargs));
        Assert.Equal("""{"source":"api"}""", JsonSerializer.Serialize(job.Metadata));
        Assert.Equal(request.ScheduledAt.Value, job.ScheduledAt!.Value, TimeSpan.FromMilliseconds(1));
        Assert.Equal(request.ExpiresAt.Value, job.ExpiresAt!.Value, TimeSpan.FromMilliseconds(1));
        await Client.Cancel(job.Id);
    }

    [Fact]
    public async Task Should_answer_201_with_the_place_of_the_job()
    {
        using var answer = await Client.Raw(HttpMethod.Post, "api/v1/jobs", JobRequest.Echo("where"));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        using var there = await Client.Raw(HttpMethod.Get, answer.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, there.StatusCode);
    }

    [Fact]
    public async Task Should_run_the_version_that_was_asked_for()
    {
        var job = await Client.Run(JobRequest.Echo("v") with { Version = "1.0" });

        Assert.Equal(("completed", "1.0"), (job.Status, job.Version));
    }

    [Theory]
    [InlineData("process_data", null, "Task not found: process_data")]
    [InlineData("echo", "99.0", "Task version not found: echo 99.0")]
    public async Task Should_refuse_a_task_that_no_worker_announced(string task, string? version, string why)
    {
        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.Submit(new JobRequest { TaskName = task, Version = version }));

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.StartsWith($"Failed to create job: {why}", refused.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_refuse_a_job_id_that_is_taken()
    {
        var id = Deployment.Label("mine");
        await Client.Run(JobRequest.Echo("first") with { JobId = id });

        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.Submit(JobRequest.Echo("second") with { JobId = id }));

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Equal("""["first"]""", JsonSerializer.Serialize((await Client.Get(id)).Args));
    }

    [Fact]
    public async Task Should_name_the_argument_that_the_task_is_missing()
    {
        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.Submit(new JobRequest { TaskName = "sleep" }));

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Equal(["kwargs.seconds"], refused.Problem.Errors!.Keys);
    }

    [Fact]
    public async Task Should_ask_for_a_key_first()
    {
        using var stranger = new JobsClient(Client.Address, "not-the-key-of-this-place");
        foreach (var path in (string[])["api/v1/jobs", "api/v1/tasks", "api/v1/jobs/1", "api/v1/jobs/1/events"])
        {
            using var answer = await stranger.Raw(HttpMethod.Get, path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
        using var health = await stranger.Raw(HttpMethod.Get, "health/ready");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }
}

[Collection(Standalone.Name)]
public sealed class When_a_job_is_handed_over_standalone(Standalone system) : When_a_job_is_handed_over(system);

[Collection(Stack.Name)]
public sealed class When_a_job_is_handed_over_on_the_stack(SharedStack system) : When_a_job_is_handed_over(system);
