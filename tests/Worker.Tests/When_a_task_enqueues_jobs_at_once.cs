using System.Collections.Concurrent;
using System.Text.Json;
using JobSystem.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class When_a_task_enqueues_jobs_at_once
{
    [Fact]
    public async Task Should_send_them_while_the_attempt_runs()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (TaskContext job) =>
        {
            var id = await job.Enqueue("next", new { OrderId = 7 }, y => y.Queue("mails").IdempotencyKey("key-1"));
            await job.Enqueue("chosen", configure: y => y.JobId("own-1"));
            await job.Enqueue("plain");
            return id;
        }));

        var job = await rig.Submit("task");
        var report = await rig.End(job);

        Assert.Equal((AttemptStep.Completed, "new-1", null), (report.Step, report.Result?.GetString(), report.FollowUps));
        var sent = rig.Enqueued.ToList();
        Assert.All(sent, x => Assert.Equal((job, 1, rig.WorkerId), (x.JobId, x.Attempt, x.WorkerId)));
        Assert.Equal("""{"task_name":"next","kwargs":{"order_id":7},"queue_name":"mails","idempotency_key":"key-1"}""", JsonSerializer.Serialize(sent[0].Job));
        Assert.Equal("""{"task_name":"chosen","job_id":"own-1","idempotency_key":"enqueue:own-1"}""", JsonSerializer.Serialize(sent[1].Job));
        Assert.Equal(32, sent[2].Job.GetProperty("idempotency_key").GetString()!.Length);
    }

    [Fact]
    public async Task Should_repeat_what_was_not_answered_with_the_same_key()
    {
        var time = new FakeTimeProvider();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (TaskContext job) => job.Enqueue("next")), time);
        rig.AnswerEnqueued = x => rig.Enqueued.Count < 3 ? null : new() { RequestId = x.RequestId, JobId = "third-1" };

        var job = await rig.Submit("task", lease: 3600);
        var report = await End(rig, job, time);

        Assert.Equal("third-1", report.Result?.GetString());
        Assert.Single(rig.Enqueued.Select(x => x.Job.GetProperty("idempotency_key").GetString()).Distinct());
    }

    [Fact]
    public async Task Should_give_up_after_a_minute()
    {
        var time = new FakeTimeProvider();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (TaskContext job) => job.Enqueue("next")), time);
        rig.AnswerEnqueued = _ => null;

        var job = await rig.Submit("task", lease: 3600);
        var report = await End(rig, job, time);

        Assert.Equal((AttemptStep.Failed, typeof(JobSystemUnavailableException).FullName), (report.Step, report.Error?.Type));
        Assert.InRange(rig.Enqueued.Count, 5, 10);
    }

    [Fact]
    public async Task Should_throw_what_was_refused()
    {
        var refused = new ConcurrentQueue<JobRefusedException>();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask(
            "task", async (TaskContext job) => refused.Enqueue(await Assert.ThrowsAsync<JobRefusedException>(() => job.Enqueue("next")))));
        rig.AnswerEnqueued = x => new()
        {
            RequestId = x.RequestId,
            Code = "task_not_found",
            Reason = "Task not found: next",
            Errors = new Dictionary<string, string[]> { ["task_name"] = ["Task not found: next"] },
        };

        await rig.End(await rig.Submit("task"));

        var refusal = Assert.Single(refused);
        Assert.Equal(("task_not_found", "task_name"), (refusal.Code, Assert.Single(refusal.Errors).Key));
        Assert.Equal(
            "Failed to enqueue job: Task not found: next. No worker has announced this task: start a worker that maps it, or correct the name in [Job].",
            refusal.Message);
    }

    [Fact]
    public async Task Should_refuse_one_after_the_end()
    {
        var late = new TaskCompletionSource<TaskContext>();
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (TaskContext job) => late.SetResult(job)));
        await rig.End(await rig.Submit("task"));
        var context = await late.Task;

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => context.Enqueue("late"));

        Assert.StartsWith("The attempt has ended; 'late' was not enqueued", error.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Enqueued);
    }

    static async Task<AttemptReport> End(WorkerRig rig, Guid job, FakeTimeProvider time)
    {
        await Support.Eventually.Holds(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return rig.EndOf(job) is not null;
        }, TimeSpan.FromSeconds(60));
        return rig.EndOf(job)!;
    }
}
