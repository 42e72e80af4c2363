using JobSystem.Journeys.Api;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_jobs_wait_for_one_slot(Deployment deployment) : Journey(deployment)
{
    static readonly string[] Levels = ["critical", "high", "normal", "low"];

    [Fact]
    public Task Should_start_them_by_priority_then_age() => system.WithOneSlot(async () =>
    {
        var (blocker, label) = (Deployment.Label("blocker"), Deployment.Label("waiting"));
        system.Ledger.Hold(blocker);
        await system.Client.Submit(JobRequest.Call(system.Ledger.Url(blocker)));
        await system.Ledger.Started(blocker);

        var waiting = await Submit(label, 40);
        system.Ledger.Release(blocker);
        var runs = await system.Ledger.Until(label, runs => runs.Count == 40, TimeSpan.FromSeconds(30));

        var expected = waiting.OrderBy(job => Array.IndexOf(Levels, job.Priority)).Select(job => $"{job.Priority} {job.Id}");
        var priority = waiting.ToDictionary(job => job.Id, job => job.Priority);
        Assert.Equal(expected, runs.Select(run => $"{priority[run.JobId]} {run.JobId}"));
        await Task.WhenAll(waiting.Select(job => system.Client.WaitFor(job.Id)));
    });

    /// <summary>One after the other, so that their age is beyond doubt.</summary>
    async Task<List<JobView>> Submit(string label, int count)
    {
        var jobs = new List<JobView>();
        for (var i = 0; i < count; i++)
        {
            // 7 and 4 have no common factor: every level comes up ten times, in a mixed order
            jobs.Add(await system.Client.Submit(JobRequest.Call(system.Ledger.Url(label)) with { Priority = Levels[i * 7 % 4] }));
        }
        return jobs;
    }
}

[Collection(Standalone.Name)]
public sealed class When_jobs_wait_for_one_slot_standalone(Standalone system) : When_jobs_wait_for_one_slot(system);

[Collection(Stack.Name)]
public sealed class When_jobs_wait_for_one_slot_on_the_stack(SharedStack system) : When_jobs_wait_for_one_slot(system);
