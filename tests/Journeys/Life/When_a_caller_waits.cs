using System.Diagnostics;
using System.Net;
using System.Text.Json;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_a_caller_waits(Deployment deployment) : Journey(deployment)
{
    JobsClient Client => system.Client;

    [Fact]
    public Task Should_answer_as_soon_as_the_job_is_final() => Lateness.IsAtMost(TimeSpan.FromSeconds(1), async () =>
    {
        var label = Deployment.Label("awaited");
        system.Ledger.Hold(label);
        var job = await Client.Submit(JobRequest.Call(system.Ledger.Url(label)));
        var waiting = Client.WaitFor(job.Id, 30);
        await system.Ledger.Started(label);
        Assert.False(waiting.IsCompleted);

        var clock = Stopwatch.StartNew();
        system.Ledger.Release(label);

        Assert.Equal("completed", (await waiting).Status);
        return clock.Elapsed;
    });

    [Fact]
    public async Task Should_answer_202_when_the_wait_is_over_before_the_job()
    {
        var job = await Client.Submit(JobRequest.Echo("later") with { Delay = 60 });

        using var answer = await Client.Raw(HttpMethod.Get, $"api/v1/jobs/{job.Id}/wait?timeout=0.3");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("pending", (await JobsClient.Read<JobView>(answer, "wait")).Status);
        await Client.Cancel(job.Id);
    }

    [Fact]
    public async Task Should_answer_run_sync_with_the_bare_result()
    {
        using var answer = await Client.Raw(HttpMethod.Post, "api/v1/jobs/run-sync", JobRequest.Echo(42));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var result = JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        Assert.Equal(42, result.GetProperty("args")[0].GetInt32());
    }

    [Fact]
    public async Task Should_answer_run_sync_with_422_when_the_job_failed()
    {
        var body = new { task_name = "fail", kwargs = new { message = "no luck today" }, max_retries = 0 };
        using var answer = await Client.Raw(HttpMethod.Post, "api/v1/jobs/run-sync", body);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("no luck today", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_answer_run_sync_with_504_and_the_place_of_the_job_when_it_takes_longer()
    {
        var body = new { task_name = "sleep", kwargs = new { seconds = 2 }, wait_timeout = 0.5 };
        using var answer = await Client.Raw(HttpMethod.Post, "api/v1/jobs/run-sync", body);

        Assert.Equal(HttpStatusCode.GatewayTimeout, answer.StatusCode);
        var id = answer.Headers.Location!.ToString().Split('/')[^1];
        Assert.Equal("completed", (await Client.WaitFor(id)).Status);
    }
}

[Collection(Standalone.Name)]
public sealed class When_a_caller_waits_standalone(Standalone system) : When_a_caller_waits(system);

[Collection(Stack.Name)]
public sealed class When_a_caller_waits_on_the_stack(SharedStack system) : When_a_caller_waits(system);
