using System.Net;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_jobs_come_as_a_batch(Deployment deployment) : Journey(deployment)
{
    JobsClient Client => system.Client;

    [Fact]
    public async Task Should_run_all_of_1000_and_answer_their_ids_in_order()
    {
        var tag = Deployment.Label("batch")[^32..];
        var ids = await Client.SubmitBatch([.. Enumerable.Range(0, 1000).Select(i => JobRequest.Echo(i) with { Tags = [tag] })]);

        Assert.Equal(1000, ids.Distinct().Count());
        await JobSystem.Support.Eventually.Passes(async () => Assert.Equal(1000, (await Client.List($"tags={tag}&status=completed&limit=1")).Total));
        foreach (var index in (int[])[0, 499, 999])
        {
            Assert.Equal(index, (await Client.Get(ids[index])).Result!.Value.GetProperty("args")[0].GetInt32());
        }
    }

    [Fact]
    public async Task Should_take_none_when_one_is_wrong()
    {
        var tag = Deployment.Label("none")[^32..];
        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.SubmitBatch(
        [
            JobRequest.Echo("good") with { Tags = [tag] },
            JobRequest.Echo("bad") with { Tags = [tag], MaxRetries = -1 },
            JobRequest.Echo("good") with { Tags = [tag] },
        ]));

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains(refused.Problem.Errors!, error => error.Key.Contains('1', StringComparison.Ordinal) && error.Key.Contains("max_retries", StringComparison.Ordinal));
        Assert.Equal(0, (await Client.List($"tags={tag}")).Total);
    }

    [Fact]
    public async Task Should_take_none_when_one_id_is_taken()
    {
        var tag = Deployment.Label("taken")[^32..];
        var first = await Client.Submit(JobRequest.Echo("first") with { JobId = tag });

        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.SubmitBatch(
        [
            JobRequest.Echo("good") with { Tags = [tag] },
            JobRequest.Echo("bad") with { Tags = [tag], JobId = first.Id },
        ]));

        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Equal(0, (await Client.List($"tags={tag}")).Total);
    }
}

[Collection(Standalone.Name)]
public sealed class When_jobs_come_as_a_batch_standalone(Standalone system) : When_jobs_come_as_a_batch(system);

[Collection(Stack.Name)]
public sealed class When_jobs_come_as_a_batch_on_the_stack(SharedStack system) : When_jobs_come_as_a_batch(system);
