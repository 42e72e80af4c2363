using System.Net;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Life;

/// <summary>On the real stack: two executors of ten slots, several instances of the job API, and what ran is told by the ledger.</summary>
[Collection(Stack.Name)]
public sealed class When_a_queue_is_steered(SharedStack stack) : Journey(stack)
{
    [Fact]
    public async Task Should_start_nothing_after_the_answer_to_a_pause_and_go_on_by_priority()
    {
        var (queue, label) = (Queue(), Deployment.Label("paused"));
        await Put(queue, new { description = "to be paused" });
        var orders = Enumerable.Range(0, 1000).Select(n => JobRequest.Call(stack.Ledger.Url(label, delayMs: 20)) with { QueueName = queue, Priority = n % 2 == 0 ? "low" : "normal" });
        await stack.Client.SubmitBatch([.. orders]);
        await stack.Ledger.Until(label, runs => runs.Count > 50);

        await Post($"{queue}/pause");
        // What was reserved before the answer may still come: as much as all slots hold
        await Task.Delay(500);
        var atPause = stack.Ledger.Of(label).Count;
        await Task.Delay(2000);
        Assert.Equal(atPause, stack.Ledger.Of(label).Count);
        await stack.Restart("executor-2");
        await stack.Ready("executor-2");
        await Task.Delay(2000);
        Assert.Equal(atPause, stack.Ledger.Of(label).Count);
        Assert.InRange(atPause, 51, 999);

        var urgent = Deployment.Label("urgent");
        await stack.Client.SubmitBatch([.. Enumerable.Range(0, 20).Select(_ => JobRequest.Call(stack.Ledger.Url(urgent)) with { QueueName = queue, Priority = "critical" })]);
        await Post($"{queue}/resume");
        var runs = await stack.Ledger.Until(urgent, runs => runs.Count == 20, TimeSpan.FromSeconds(30));
        // The first of the others may have been fetched before the urgent ones were all there
        var last = runs.Max(run => run.StartedAt);
        Assert.InRange(stack.Ledger.Of(label).Count(run => run.StartedAt < last) - atPause, 0, 3 * stack.Slots);
        await stack.Ledger.Until(label, runs => runs.Count == 1000, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Should_never_run_more_at_once_than_the_queue_may_and_use_all_of_it()
    {
        var (queue, label) = (Queue(), Deployment.Label("narrow"));
        await Put(queue, new { max_concurrency = 3 });
        await stack.Client.SubmitBatch([.. Enumerable.Range(0, 60).Select(_ => JobRequest.Call(stack.Ledger.Url(label, delayMs: 200)) with { QueueName = queue })]);

        var runs = await stack.Ledger.Until(label, runs => runs.Count == 60 && runs.All(x => x.EndedAt is not null), TimeSpan.FromSeconds(60));

        Assert.Equal(3, runs.Max(at => runs.Count(x => x.StartedAt <= at.StartedAt && at.StartedAt < x.EndedAt)));
        // Twenty rounds of 0.2 s are 4 s; between two jobs lie a report, a reservation and its grant
        Assert.InRange((runs.Max(x => x.EndedAt!.Value) - runs.Min(x => x.StartedAt)).TotalSeconds, 3.9, 12);
    }

    [Fact]
    public async Task Should_hold_the_rate_of_the_queue()
    {
        var (queue, label) = (Queue(), Deployment.Label("slow"));
        await Put(queue, new { rate_limit = new { limit = 20, period = 1 } });
        await stack.Client.SubmitBatch([.. Enumerable.Range(0, 204).Select(_ => JobRequest.Call(stack.Ledger.Url(label)) with { QueueName = queue })]);

        var runs = await stack.Ledger.Until(label, runs => runs.Count == 204, TimeSpan.FromSeconds(40));

        // 10 s at 20 per second, and 4 that were saved up
        Assert.InRange((runs.Max(x => x.StartedAt) - runs.Min(x => x.StartedAt)).TotalSeconds, 9, 12);
    }

    [Fact]
    public async Task Should_clear_a_hundred_thousand_jobs_and_answer_within_five_seconds()
    {
        var queue = Queue();
        await Put(queue, new { description = "to be cleared" });
        await Post($"{queue}/pause");
        var label = Deployment.Label("cleared");
        var order = JobRequest.Call(stack.Ledger.Url(label)) with { QueueName = queue };
        for (var n = 0; n < 100; n++)
        {
            await stack.Client.SubmitBatch([.. Enumerable.Repeat(order, 1000)]);
        }

        var began = TimeProvider.System.GetTimestamp();
        using (var answer = await stack.Client.Raw(HttpMethod.Post, $"api/v1/queues/{queue}/clear"))
        {
            Assert.True(answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Accepted, $"{answer.StatusCode}");
        }
        var took = TimeProvider.System.GetElapsedTime(began);

        Assert.True(took < TimeSpan.FromSeconds(5), $"the answer took {took.TotalSeconds:0.0} s");
        await Eventually.Holds(async () => (await stack.Client.List($"queue_name={queue}&status=cancelled&limit=1")).Total == 100_000, TimeSpan.FromSeconds(90));
        await Post($"{queue}/resume");
        await Task.Delay(1000);
        Assert.Empty(stack.Ledger.Of(label));
    }

    static string Queue() => Deployment.Label("steered");

    async Task Put(string queue, object settings)
    {
        using var answer = await stack.Client.Raw(HttpMethod.Put, $"api/v1/queues/{queue}", settings);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    async Task Post(string action)
    {
        using var answer = await stack.Client.Raw(HttpMethod.Post, $"api/v1/queues/{action}");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }
}
