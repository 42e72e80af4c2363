using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.Worker.Tests;

public sealed class When_a_task_enqueues_follow_up_jobs
{
    [Job("mail", Queue = "mails", MaxRetries = 1, Tags = ["first"])]
    sealed record Mail([property: EmailAddress] string To, int Copies) : IJob<string>;

    sealed record Unnamed : IJob;

    [Fact]
    public async Task Should_send_them_with_the_end_and_know_their_ids_before()
    {
        List<string> ids = [];
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (TaskContext job) =>
        {
            ids.Add(job.Then(new Mail("ann@example.com", 2), y => y.Delay(TimeSpan.FromSeconds(5)).Tag("second")));
            ids.Add(job.Then("plain"));
            ids.Add(job.Then("named", new { OrderId = 7, Day = DayOfWeek.Monday }, y => y.JobId("own-1").IdempotencyKey("key-1")));
            ids.Add(job.Then("listed", new object?[] { 1, "b", null }));
            return "done";
        }));

        var report = await rig.End(await rig.Submit("task"));

        Assert.Equal(AttemptStep.Completed, report.Step);
        Assert.Equal(
            [
                """{"task_name":"mail","kwargs":{"to":"ann@example.com","copies":2},"queue_name":"mails","delay":5,"max_retries":1,"tags":["first","second"]}""",
                """{"task_name":"plain"}""",
                """{"task_name":"named","kwargs":{"order_id":7,"day":"monday"},"job_id":"own-1","idempotency_key":"key-1"}""",
                """{"task_name":"listed","args":[1,"b",null]}""",
            ],
            report.FollowUps!.Select(x => JsonSerializer.Serialize(x)));
        string Derived(int index) => FollowUpJobs.IdOf(report.JobId, 1, index).ToString();
        Assert.Equal([Derived(0), Derived(1), "own-1", Derived(3)], ids);
    }

    [Fact]
    public async Task Should_send_nothing_more_for_a_job_without_any()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1));

        var report = await rig.End(await rig.Submit("task"));

        Assert.Equal((null, null), (report.FollowUps, report.Traceparent));
    }

    [Theory]
    [InlineData("throws", AttemptStep.Failed)]
    [InlineData("failed", AttemptStep.Failed)]
    [InlineData("snoozed", AttemptStep.Snoozed)]
    [InlineData("cancelled", AttemptStep.Cancelled)]
    [InlineData("unreadable", AttemptStep.Failed)]
    [InlineData("completed", AttemptStep.Completed)]
    public async Task Should_drop_them_unless_the_attempt_completes(string how, string step)
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", JobOutcome (TaskContext job) =>
        {
            job.Then("next");
            return how switch
            {
                "failed" => new JobOutcome.Failed("no"),
                "snoozed" => new JobOutcome.Snoozed(TimeSpan.FromSeconds(1)),
                "cancelled" => new JobOutcome.Cancelled(),
                "unreadable" => new JobOutcome.Completed(new { Self = (Action)(() => { }) }),
                "completed" => new JobOutcome.Completed(),
                _ => throw new InvalidOperationException("on purpose"),
            };
        }));

        var report = await rig.End(await rig.Submit("task"));

        Assert.Equal((step, step == AttemptStep.Completed ? 1 : null), (report.Step, report.FollowUps?.Count));
    }

    [Fact]
    public async Task Should_name_the_attempts_trace()
    {
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = x => x.Name == "JobSystem.Worker",
            Sample = (ref System.Diagnostics.ActivityCreationOptions<System.Diagnostics.ActivityContext> _) => System.Diagnostics.ActivitySamplingResult.AllDataAndRecorded,
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        string? trace = null;
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (TaskContext job) =>
        {
            trace = job.TraceParent;
            job.Then("next");
        }));

        var report = await rig.End(await rig.Submit("task"));

        Assert.NotNull(trace);
        Assert.Equal(trace, report.Traceparent);
    }

    [Fact]
    public async Task Should_refuse_one_after_the_end()
    {
        var late = new TaskCompletionSource<TaskContext>();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (TaskContext job) =>
        {
            job.Then("next");
            late.SetResult(job);
        }));
        await rig.End(await rig.Submit("task"));
        var context = await late.Task;

        var error = Assert.Throws<InvalidOperationException>(() => context.Then("late"));

        Assert.StartsWith("The attempt has ended; 'late' would not be enqueued", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_refuse_more_than_fit()
    {
        var many = DetachedAttempt.Context();
        for (var n = 0; n < FollowUpJobs.Most; n++)
        {
            many.Then("next");
        }
        Assert.StartsWith(
            "An attempt has at most 1000 follow-up jobs, of 4 MiB together; it has 1000", Assert.Throws<InvalidOperationException>(() => many.Then("next")).Message,
            StringComparison.Ordinal);

        var large = DetachedAttempt.Context();
        var text = new string('x', 250_000);
        for (var n = 0; n < 16; n++)
        {
            large.Then("next", new { text });
        }
        Assert.Contains("it has 16 of 3907 KiB, and 'next' has 244.2 KiB", Assert.Throws<InvalidOperationException>(() => large.Then("next", new { text })).Message, StringComparison.Ordinal);
        large.Then("small");
    }

    [Fact]
    public void Should_refuse_what_is_no_job()
    {
        var context = DetachedAttempt.Context();

        var refused = Assert.Throws<JobRefusedException>(() => context.Then(new Mail("nobody", 1)));
        Assert.Equal("kwargs.to", Assert.Single(refused.Errors).Key);
        Assert.Contains("[Job(\"name\")]", Assert.Throws<InvalidOperationException>(() => context.Then(new Unnamed())).Message, StringComparison.Ordinal);
        Assert.Contains("got Number", Assert.Throws<ArgumentException>(() => context.Then("task", 7)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => context.Then(" "));
        Assert.ThrowsAny<Exception>(() => context.Then("task", new { Half = JsonElement.Parse("""["\ud83d"]""") }));
    }

    [Fact]
    public void Should_know_what_the_job_was_submitted_with()
    {
        var plain = DetachedAttempt.Context();
        var grant = DetachedAttempt.Grant() with
        {
            Priority = 4,
            Version = "2",
            Tags = ["a", "b"],
            ScheduledAt = DateTimeOffset.UnixEpoch,
            ScheduleId = "nightly",
            ParentId = "parent-1",
            IdempotencyKey = "key-1",
        };
        var full = new TaskContext(grant, new DetachedAttempt());

        Assert.Equal((JobPriority.Normal, null, null, null, null, null), (plain.Priority, plain.Version, plain.ScheduledAt, plain.ScheduleId, plain.ParentId, plain.IdempotencyKey));
        Assert.Empty(plain.Tags);
        Assert.Equal(
            (JobPriority.Critical, "2", DateTimeOffset.UnixEpoch, "nightly", "parent-1", "key-1"),
            (full.Priority, full.Version, full.ScheduledAt, full.ScheduleId, full.ParentId, full.IdempotencyKey));
        Assert.Equal(["a", "b"], full.Tags);
        Assert.Equal([JobPriority.Low, JobPriority.High], new byte[] { 1, 3 }.Select(x => new TaskContext(grant with { Priority = x }, new DetachedAttempt()).Priority));
    }
}
