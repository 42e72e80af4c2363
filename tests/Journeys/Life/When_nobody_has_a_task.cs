using JobSystem.Journeys.Api;
using JobSystem.Journeys.Bus;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

/// <summary>Jobs that no worker can run wait in front of those that two kinds of workers can run, in the same queue.</summary>
[Collection(Stack.Name)]
public sealed class When_nobody_has_a_task(SharedStack stack) : Journey(stack)
{
    const int Waiting = 5000;
    const int Batch = 1000;
    const int Others = 60;

    static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Should_run_the_jobs_of_other_tasks_at_once()
    {
        var (task, queue, label) = ($"acted_{Guid.CreateVersion7():N}", Deployment.Label("mixed"), Deployment.Label("behind"));
        await using (await ActedWorker.Enter(stack, task))
        {
            // Announced, so that its jobs are accepted
        }
        await using var other = await LedgerWorker.Start(stack);
        for (var n = 0; n < Waiting; n += Batch)
        {
            await stack.Client.SubmitBatch([.. Enumerable.Repeat(new JobRequest { TaskName = task, QueueName = queue, Priority = "critical" }, Batch)]);
        }

        await stack.Client.SubmitBatch([.. Enumerable.Range(0, Others).Select(n =>
            JobRequest.Call(stack.Ledger.Url(label, delayMs: 20), n % 2 == 0 ? LedgerWorker.Task : null) with { QueueName = queue, Priority = "low" })]);

        var runs = await stack.Ledger.Until(label, runs => runs.Count == Others, Soon);
        Assert.Equal(Others, runs.DistinctBy(run => run.JobId).Count());
        Assert.Equal(Others / 2, runs.Count(run => run.WorkerId.StartsWith(other.Name, StringComparison.Ordinal)));
        Assert.Equal(Waiting, (await stack.Client.List($"queue_name={queue}&status=pending&limit=1")).Total);
        using var cleared = await stack.Client.Raw(HttpMethod.Post, $"api/v1/queues/{queue}/clear");
        Assert.True(cleared.IsSuccessStatusCode, $"{cleared.StatusCode}");
    }
}
