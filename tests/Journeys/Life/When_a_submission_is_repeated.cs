using System.Net;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_a_submission_is_repeated(Deployment deployment) : Journey(deployment)
{
    JobsClient Client => system.Client;

    [Fact]
    public async Task Should_make_one_job_of_50_parallel_submissions_with_one_key()
    {
        var label = Deployment.Label("idempotent");
        var request = JobRequest.Call(system.Ledger.Url(label)) with { IdempotencyKey = label };

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Client.Raw(HttpMethod.Post, "api/v1/jobs", request)));

        var ids = new HashSet<string>();
        foreach (var answer in answers)
        {
            ids.Add((await JobsClient.Read<JobView>(answer, "submit")).Id);
        }
        var id = Assert.Single(ids);
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Created);
        Assert.Equal(49, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal("completed", (await Client.WaitFor(id)).Status);
        Assert.Single(system.Ledger.Of(label));
    }

    [Fact]
    public async Task Should_take_the_key_from_the_header_too()
    {
        var key = Deployment.Label("header");
        var first = await Client.Submit(JobRequest.Echo("same") with { IdempotencyKey = key });

        using var content = System.Net.Http.Json.JsonContent.Create(JobRequest.Echo("same"), options: JobsClient.Json);
        content.Headers.Add("Idempotency-Key", key);
        using var answer = await Client.Raw(HttpMethod.Post, "api/v1/jobs", content);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(first.Id, (await JobsClient.Read<JobView>(answer, "submit")).Id);
    }

    [Fact]
    public async Task Should_refuse_the_same_key_with_another_body()
    {
        var key = Deployment.Label("other");
        await Client.Submit(JobRequest.Echo("one") with { IdempotencyKey = key });

        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.Submit(JobRequest.Echo("two") with { IdempotencyKey = key }));

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
    }

    [Fact]
    public async Task Should_keep_its_answer_when_the_first_job_has_long_ended()
    {
        var request = JobRequest.Echo("again") with { IdempotencyKey = Deployment.Label("ended") };
        var first = await Client.Run(request);

        var second = await Client.Submit(request);

        Assert.Equal((first.Id, "completed"), (second.Id, second.Status));
    }
}

[Collection(Standalone.Name)]
public sealed class When_a_submission_is_repeated_standalone(Standalone system) : When_a_submission_is_repeated(system);

[Collection(Stack.Name)]
public sealed class When_a_submission_is_repeated_on_the_stack(SharedStack system) : When_a_submission_is_repeated(system);
