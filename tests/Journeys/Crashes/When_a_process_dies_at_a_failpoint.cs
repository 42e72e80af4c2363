using System.Net;
using System.Text.Json;
using JobSystem.Journeys.Api;
using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;

namespace JobSystem.Journeys.Crashes;

/// <summary>The moments at which a crash would hurt most: each process exits exactly there.</summary>
[Collection(Stack.Name)]
public sealed class When_a_process_dies_at_a_failpoint(SharedStack stack) : Journey(stack)
{
    static readonly TimeSpan Promised = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Should_run_a_committed_job_through_the_other_instance()
    {
        var order = await CommitAndDie();
        var died = TimeProvider.System.GetUtcNow();

        var run = await stack.Ledger.Started(order.Label, Promised);

        Assert.InRange(run.StartedAt - died, TimeSpan.FromSeconds(-1), Promised);
        await Once(order, run);
    }

    [Fact]
    public async Task Should_run_a_committed_job_after_the_restart_of_a_lonely_instance()
    {
        await stack.Stop("jobapi-2");
        var order = await CommitAndDie();
        Assert.Empty(stack.Ledger.Of(order.Label));

        await stack.Start("jobapi-1");
        var started = TimeProvider.System.GetUtcNow();
        var run = await stack.Ledger.Started(order.Label, Promised);

        Assert.InRange(run.StartedAt - started, TimeSpan.FromSeconds(-5), Promised);
        await Once(order, run);
    }

    [Theory]
    [InlineData("jobapi-1", "after_claim_before_grant", 1)]
    [InlineData("jobapi-1", "after_report_before_ack", 1)]
    [InlineData("executor-1", "before_report", 2)]
    public async Task Should_end_every_job_once(string process, string failpoint, int mostRuns)
    {
        await stack.Restart(process, $"JOBSYSTEM_FAILPOINTS={failpoint}");
        await stack.Ready(process);
        var orders = new List<Order>();
        while (stack.Runs(process) && orders.Count < 100)
        {
            var order = new Order(Deployment.Label(failpoint));
            order.JobId = await Submit(JobRequest.Call(stack.Ledger.Url(order.Label, 50)) with { IdempotencyKey = order.Label });
            order.Outcome = CallOutcome.Ok;
            orders.Add(order);
            await Task.Delay(50);
        }
        await stack.Exited(process, TimeSpan.FromSeconds(5));

        foreach (var order in orders)
        {
            var job = await stack.Client.WaitFor(order.JobId!);
            Assert.Equal(("completed", 0), (job.Status, job.RetryCount));
            Assert.InRange(stack.Ledger.Of(order.Label).Count, 1, mostRuns);
        }
        await Invariants.Hold(stack, orders);
    }

    [Theory]
    [InlineData("after_commit_before_publish")]
    [InlineData("after_report_before_ack")]
    public async Task Should_run_a_follow_up_job_once(string failpoint)
    {
        await stack.Restart("jobapi-1", $"JOBSYSTEM_FAILPOINTS={failpoint}");
        await stack.Ready("jobapi-1");
        var order = new Order(Deployment.Label("followed"));
        order.JobId = order.Label;
        using var dying = new JobsClient(stack.AddressOf("jobapi-1"), stack["JOBSYSTEM_ADMIN_KEY"]);
        using var other = new JobsClient(stack.AddressOf("jobapi-2"), stack["JOBSYSTEM_ADMIN_KEY"]);
        var task = $"first-{order.Label}";
        var session = (await Call(other, "worker-sessions", new { name = task, slots = 1, tasks = new[] { new { name = task } } })).GetProperty("id").GetString();
        var parent = await other.Submit(new() { TaskName = task });
        var attempt = (await Call(other, $"worker-sessions/{session}/claims", new { count = 1 })).GetProperty("attempts")[0];
        var followUp = JobRequest.Call(stack.Ledger.Url(order.Label)) with { JobId = order.Label };
        var report = new { job_id = parent.Id, attempt = 1, secret = attempt.GetProperty("secret").GetString(), step = "completed", follow_ups = new[] { followUp } };

        await Assert.ThrowsAsync<HttpRequestException>(() => dying.Raw(HttpMethod.Post, $"api/v1/worker-sessions/{session}/reports", new { reports = new[] { report } }));
        await stack.Exited("jobapi-1", TimeSpan.FromSeconds(5));

        var again = await Call(other, $"worker-sessions/{session}/reports", new { reports = new[] { report } });
        Assert.Equal("stale_attempt", again.GetProperty("refused")[0].GetProperty("code").GetString());
        Assert.Equal("completed", (await other.Get(parent.Id)).Status);
        var run = await stack.Ledger.Started(order.Label, Promised);
        using var ended = await other.Raw(HttpMethod.Delete, $"api/v1/worker-sessions/{session}");
        await Once(order, run);
    }

    static async Task<JsonElement> Call(JobsClient client, string path, object body)
    {
        using var answer = await client.Raw(HttpMethod.Post, $"api/v1/{path}", body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    /// <summary>As often as a worker may die of a job, it is reserved and nobody is told: the worker has not died, and the job not started.</summary>
    [Fact]
    public async Task Should_not_count_reservations_that_no_worker_has_heard_of()
    {
        const int Times = 3;
        await stack.Stop("jobapi-2");
        await stack.Stop("jobapi-1");
        var order = new Order(Deployment.Label("reserved"));
        for (var times = 1; times <= Times; times++)
        {
            await stack.Start("jobapi-1", "JOBSYSTEM_FAILPOINTS=after_claim_before_grant");
            if (times == 1)
            {
                await stack.Ready("jobapi-1");
                await SubmitAsLastAct(order);
            }
            await stack.Exited("jobapi-1", Promised);
        }
        Assert.Empty(stack.Ledger.Of(order.Label));

        await stack.Start("jobapi-1");
        var run = await stack.Ledger.Started(order.Label, Promised);

        Assert.Equal(Times + 1, run.Attempt);
        await Once(order, run);
        Assert.Equal(Times, (await stack.Client.Steps(order.Label)).Count(step => step.Event == "lease_lost"));
    }

    /// <summary>jobapi-1 may reserve the job and die before it has answered.</summary>
    async Task SubmitAsLastAct(Order order)
    {
        using var direct = new JobsClient(stack.AddressOf("jobapi-1"), stack["JOBSYSTEM_ADMIN_KEY"]);
        order.JobId = order.Label;
        try
        {
            await direct.Submit(JobRequest.Call(stack.Ledger.Url(order.Label)) with { JobId = order.Label, IdempotencyKey = order.Label, MaxRetries = 0 });
        }
        catch (HttpRequestException)
        {
            // It has died
        }
    }

    /// <summary>The process may die with this request in its hands; the same key makes the second try safe.</summary>
    async Task<string> Submit(JobRequest job)
    {
        try
        {
            return (await stack.Client.Submit(job)).Id;
        }
        catch (ApiException broken) when (broken.Status == HttpStatusCode.BadGateway)
        {
            return (await stack.Client.Submit(job)).Id;
        }
    }

    /// <summary>jobapi-1 commits a job and exits before it can say so to anyone: neither the broker nor the client hears of it.</summary>
    async Task<Order> CommitAndDie()
    {
        await stack.Restart("jobapi-1", "JOBSYSTEM_FAILPOINTS=after_commit_before_publish");
        await stack.Ready("jobapi-1");
        var order = new Order(Deployment.Label("committed"));
        using var direct = new JobsClient(stack.AddressOf("jobapi-1"), stack["JOBSYSTEM_ADMIN_KEY"]);
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            direct.Submit(JobRequest.Call(stack.Ledger.Url(order.Label)) with { IdempotencyKey = order.Label, JobId = order.Label }));
        await stack.Exited("jobapi-1", TimeSpan.FromSeconds(5));
        order.JobId = order.Label;
        return order;
    }

    async Task Once(Order order, Execution run)
    {
        Assert.Equal(order.Label, run.JobId);
        await stack.Heal();
        Assert.Equal("completed", (await stack.Client.WaitFor(order.Label)).Status);
        Assert.Single(stack.Ledger.Of(order.Label));
        await Invariants.Hold(stack, [order]);
    }
}
