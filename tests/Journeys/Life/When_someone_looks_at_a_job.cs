using System.Net;
using System.Text.Json;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_someone_looks_at_a_job(Deployment deployment) : Journey(deployment)
{
    JobsClient Client => system.Client;

    [Fact]
    public async Task Should_tell_its_steps_in_order()
    {
        var job = await Client.Run(JobRequest.Call(system.Ledger.Url(Deployment.Label("steps"), 0, 500, 200)) with { MaxRetries = 1, RetryDelay = 0.2 });

        var steps = await Client.Steps(job.Id);

        var words = steps.Where(step => step.Event is not ("dispatched" or "progress")).Select(step => $"{step.Event} {step.Attempt}");
        Assert.Equal(["created 0", "reserved 1", "running 1", "retrying 1", "reserved 2", "running 2", "completed 2"], words);
        Assert.Equal(steps.OrderBy(step => step.At).Select(step => step.Event), steps.Select(step => step.Event));
        Assert.All(steps.Where(step => step.Event == "running"), step => Assert.NotNull(step.WorkerId));
    }

    [Fact]
    public async Task Should_show_progress_while_it_runs()
    {
        var job = await Client.Submit(JobRequest.Sleep(2));

        await Support.Eventually.Holds(async () => (await Client.Get(job.Id)) is { Status: "running", Progress: > 0 and < 100 });

        Assert.Equal("completed", (await Client.WaitFor(job.Id)).Status);
        Assert.Contains(await Client.Steps(job.Id), step => step.Event == "progress");
    }

    [Fact]
    public async Task Should_show_the_log_of_each_attempt()
    {
        var job = await Client.Run(new JobRequest { TaskName = "fail", Kwargs = new() { ["message"] = "first try", ["until_attempt"] = 2 }, MaxRetries = 2, RetryDelay = 0.1 });

        Assert.Equal(("completed", 2), (job.Status, job.Attempt));
        var logs = await Client.Logs(job.Id);
        Assert.NotEmpty(logs);
        Assert.Equal(logs.OrderBy(line => line.Attempt).ThenBy(line => line.At), logs);
        Assert.All(logs, line => Assert.InRange(line.Attempt, 1, 2));
        Assert.Contains(logs, line => line.Message.Contains("first try", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_find_it_in_the_list_by_what_it_has()
    {
        var tag = Deployment.Label("find")[^32..];
        var job = await Client.Run(JobRequest.Echo("find me") with { Tags = [tag, "other"], QueueName = "search", Priority = "low" });
        await Client.Run(JobRequest.Echo("not me") with { Tags = ["other"], QueueName = "search" });

        var page = await Client.List($"tags={tag}&tags=other&queue_name=search&priority=low&status=completed&task_name=echo&limit=10");

        Assert.Equal((job.Id, 1), (Assert.Single(page.Items).Id, page.Total));
    }

    [Fact]
    public async Task Should_answer_404_for_one_that_never_was()
    {
        foreach (var path in (string[])["", "/events", "/logs", "/wait"])
        {
            using var answer = await Client.Raw(HttpMethod.Get, $"api/v1/jobs/{Guid.CreateVersion7()}{path}");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task Should_list_the_tasks_that_it_could_run()
    {
        using var answer = await Client.Raw(HttpMethod.Get, "api/v1/tasks");
        var list = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        var names = list.GetProperty("items").EnumerateArray().Select(task => task.GetProperty("name").GetString()).ToArray();
        Assert.All((string[])["echo", "sleep", "fail", "http_request"], task => Assert.Contains(task, names));
        Assert.Equal(names.Length, list.GetProperty("total").GetInt32());

        using var one = await Client.Raw(HttpMethod.Get, "api/v1/tasks/sleep");
        var sleep = JsonSerializer.Deserialize<JsonElement>(await one.Content.ReadAsStringAsync());
        Assert.Equal("number", sleep.GetProperty("parameters").GetProperty("properties").GetProperty("seconds").GetProperty("type").GetString());
        Assert.True(sleep.GetProperty("is_async").GetBoolean());
        Assert.NotEmpty(sleep.GetProperty("workers").EnumerateArray());
    }
}

[Collection(Standalone.Name)]
public sealed class When_someone_looks_at_a_job_standalone(Standalone system) : When_someone_looks_at_a_job(system);

[Collection(Stack.Name)]
public sealed class When_someone_looks_at_a_job_on_the_stack(SharedStack system) : When_someone_looks_at_a_job(system);
