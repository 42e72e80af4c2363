using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Life;

public abstract class When_time_decides(Deployment deployment) : Journey(deployment)
{
    /// <summary>What a start may be late: a scan of due jobs, the reservation, the grant.</summary>
    static readonly TimeSpan Slack = TimeSpan.FromSeconds(0.6);

    JobsClient Client => system.Client;
    Ledger Ledger => system.Ledger;

    [Fact]
    public Task Should_start_a_job_delayed_by_2_s_within_2_6_s() => Lateness.IsAtMost(Slack, async () =>
    {
        var label = Deployment.Label("delayed");
        var job = await Client.Submit(JobRequest.Call(Ledger.Url(label)) with { Delay = 2 });
        return (await Ledger.Started(label)).StartedAt - job.CreatedAt - TimeSpan.FromSeconds(2);
    });

    [Fact]
    public Task Should_start_a_scheduled_job_at_its_moment() => Lateness.IsAtMost(Slack, async () =>
    {
        var label = Deployment.Label("scheduled");
        var moment = TimeProvider.System.GetUtcNow().AddSeconds(1.5);

        await Client.Submit(JobRequest.Call(Ledger.Url(label)) with { ScheduledAt = moment });

        return (await Ledger.Started(label)).StartedAt - moment;
    });

    [Fact]
    public Task Should_double_the_delay_with_each_retry_and_keep_to_max_retries() => Lateness.IsAtMost(Slack, async () =>
    {
        var label = Deployment.Label("retried");
        var job = await Client.Run(JobRequest.Call(Ledger.Url(label, 0, 500)) with { MaxRetries = 3, RetryDelay = 0.8 });

        Assert.Equal(("failed", 4, 3), (job.Status, job.Attempt, job.RetryCount));
        var runs = Ledger.Of(label);
        Assert.Equal([1, 2, 3, 4], runs.Select(run => run.Attempt));
        var pauses = Enumerable.Range(1, 3).Select(n => (Pause: runs[n].StartedAt - runs[n - 1].EndedAt!.Value,
            Computed: TimeSpan.FromSeconds(0.8 * Math.Pow(2, n - 1)))).ToList();
        Assert.All(pauses, x => Assert.True(x.Pause >= x.Computed / 2, $"{x.Pause} instead of {x.Computed}"));
        return pauses.Max(x => x.Pause > x.Computed ? x.Pause - x.Computed : TimeSpan.Zero);
    });

    [Fact]
    public async Task Should_complete_a_job_that_succeeds_on_a_retry()
    {
        var label = Deployment.Label("third-time");
        var job = await Client.Run(JobRequest.Call(Ledger.Url(label, 0, 500, 503, 200)) with { MaxRetries = 5, RetryDelay = 0.2 });

        Assert.Equal(("completed", 3, 2), (job.Status, job.Attempt, job.RetryCount));
        Assert.Equal(3, Ledger.Of(label).Count);
    }

    [Fact]
    public async Task Should_not_retry_what_no_retry_would_help()
    {
        var request = new JobRequest { TaskName = "fail", Kwargs = new() { ["message"] = "broken for good", ["retryable"] = false } };
        var job = await Client.Run(request with { MaxRetries = 5, RetryDelay = 0.1 });

        Assert.Equal(("failed", 1), (job.Status, job.Attempt));
        Assert.Contains("broken for good", job.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task Should_stop_an_overrun_at_its_limit_and_end_as_timeout_after_the_retries() => Lateness.IsAtMost(TimeSpan.FromSeconds(0.7), async () =>
    {
        var label = Deployment.Label("overrun");
        var job = await Client.Run(JobRequest.Call(Ledger.Url(label, 60_000)) with { Timeout = 1, MaxRetries = 1, RetryDelay = 0.2 });

        Assert.Equal(("timeout", 2), (job.Status, job.Attempt));
        var runs = await Ledger.Until(label, runs => runs.Count == 2 && runs.All(run => run.EndedAt is not null));
        Assert.All(runs, run => Assert.Equal(ExecutionEnd.Aborted, run.End));
        // The executor's clock starts a moment before the ledger's
        return runs.Max(run => run.EndedAt!.Value - run.StartedAt) - TimeSpan.FromSeconds(0.9);
    });

    [Fact]
    public Task Should_expire_what_could_not_start_in_time() => Lateness.IsAtMost(TimeSpan.FromSeconds(1.6), async () =>
    {
        var (blockers, late) = (Deployment.Label("blocker"), Deployment.Label("late"));
        Ledger.Hold(blockers);
        await Client.SubmitBatch([.. Enumerable.Repeat(JobRequest.Call(Ledger.Url(blockers)), system.Slots)]);
        await Ledger.Until(blockers, runs => runs.Count == system.Slots);

        var job = await Client.Run(JobRequest.Call(Ledger.Url(late)) with { ExpiresIn = 1 });
        Ledger.Release(blockers);

        Assert.Equal("expired", job.Status);
        await Client.Run(JobRequest.Call(Ledger.Url(Deployment.Label("after"))));
        Assert.Empty(Ledger.Of(late));
        return job.CompletedAt!.Value - job.CreatedAt - TimeSpan.FromSeconds(1);
    });

    [Fact]
    public Task Should_run_a_snoozed_job_again_without_using_up_a_retry() => Lateness.IsAtMost(Slack, async () =>
    {
        var job = await Client.Run(new JobRequest { TaskName = "snooze", Kwargs = new() { ["seconds"] = 1, ["until_attempt"] = 3 }, MaxRetries = 0 });

        Assert.Equal(("completed", 3, 0), (job.Status, job.Attempt, job.RetryCount));
        var starts = (await Client.Steps(job.Id)).Where(step => step.Event == "running").Select(step => step.At).ToArray();
        var pauses = starts.Zip(starts.Skip(1), (first, second) => second - first).ToList();
        Assert.All(pauses, pause => Assert.True(pause >= TimeSpan.FromSeconds(1), $"{pause} instead of 1 s"));
        return pauses.Max() - TimeSpan.FromSeconds(1);
    });
}

[Collection(Standalone.Name)]
public sealed class When_time_decides_standalone(Standalone system) : When_time_decides(system);

[Collection(Stack.Name)]
public sealed class When_time_decides_on_the_stack(SharedStack system) : When_time_decides(system);
