using System.Reflection;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.Lifecycle.Tests;

/// <summary>Follow-up jobs are there once if their job is completed by the report that brings them, and else never, whatever is lost or comes twice.</summary>
public abstract class FollowUpTests
{
    const string Worker = "w1";

    private protected abstract Task<ModelStore> OpenStore();

    [Fact]
    public async Task Report_HandledTwice_InsertsOnce()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await Claimed(rig);

        Assert.Null((await Complete(rig, job)).Refusal);
        Assert.Equal("stale_attempt", (await Complete(rig, job)).Refusal);

        await Expect(rig, job, JobStatus.Completed, 2);
    }

    [Fact]
    public async Task Report_HandledByTwoInstancesAtOnce_InsertsOnce()
    {
        var store = await OpenStore();
        await using var one = await LifecycleRig.Open(store);
        await using var two = await LifecycleRig.Open(store);
        for (var n = 0; n < 20; n++)
        {
            var job = await Claimed(one);

            var decisions = await Task.WhenAll(Complete(one, job), Complete(two, job));

            Assert.Single(decisions, x => x.Refusal is null);
            // What follows from the commit is done by the one that made it
            Assert.Equal(2, decisions.Single(x => x.Refusal is null).Job!.FollowUps.Count);
            Assert.Empty(decisions.Single(x => x.Refusal is not null).Job!.FollowUps);
            await Expect(one, job, JobStatus.Completed, 2);
        }
    }

    [Fact]
    public async Task Write_LostToAnotherThatLeavesTheAttempt_IsMadeAgain()
    {
        var store = await OpenStore();
        await using var one = await LifecycleRig.Open(store);
        await using var two = await LifecycleRig.Open(store);
        var job = await Claimed(one);
        await Start(one, job);
        await two.Raise(new CancelRequested(job.CorrelationId, "why", "model"));

        // On the row that this instance remembers
        Assert.Null((await Complete(one, job)).Refusal);

        await Expect(one, job, JobStatus.Completed, 2);
    }

    [Fact]
    public async Task Write_LostToAnotherThatEndsTheJob_InsertsNone()
    {
        var store = await OpenStore();
        await using var one = await LifecycleRig.Open(store);
        await using var two = await LifecycleRig.Open(store);
        var job = await Claimed(one);
        await Start(one, job);
        await two.Raise(new CompletionForced(job.CorrelationId, null, "why", "model"));

        Assert.Equal("stale_attempt", (await Complete(one, job)).Refusal);

        await Expect(one, job, JobStatus.Completed, 0);
    }

    [Fact]
    public async Task Attempt_ThatLostItsLease_InsertsNone_ItsSuccessorDoes()
    {
        await using var rig = await LifecycleRig.Open(await OpenStore());
        var job = await Claimed(rig);
        rig.Time.Advance(TimeSpan.FromMinutes(5));
        await rig.Raise(new TimerElapsed(job.CorrelationId));

        Assert.Equal("stale_attempt", (await Complete(rig, job)).Refusal);
        await Expect(rig, job, JobStatus.Pending, 0);
        await rig.Claim(Worker);
        Assert.Equal("stale_attempt", (await Complete(rig, job)).Refusal);
        Assert.Null((await Complete(rig, job, attempt: 2)).Refusal);

        await Expect(rig, job, JobStatus.Completed, 2);
        Assert.Equal(2, (await rig.Store.Load([FollowUpJobs.IdOf(job.CorrelationId, 2, 0), FollowUpJobs.IdOf(job.CorrelationId, 2, 1)], default)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Write_FailsBeforeOrAfterItsCommit_AndTheReportComesAgain_InsertsOnce(bool afterCommit)
    {
        var store = await OpenStore();
        var failing = FailingStore.Over(store.Jobs, afterCommit);
        await using var rig = await LifecycleRig.Open(store with { Jobs = failing });
        var job = await Claimed(rig);
        ((FailingStore)(object)failing).FailsNextWrite = true;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Complete(rig, job));
        await Expect(rig, job, afterCommit ? JobStatus.Completed : JobStatus.Reserved, afterCommit ? 2 : 0);
        Assert.Equal(afterCommit ? "stale_attempt" : null, (await Complete(rig, job)).Refusal);

        await Expect(rig, job, JobStatus.Completed, 2);
    }

    static async Task<JobState> Claimed(LifecycleRig rig)
    {
        var job = await rig.Insert();
        Assert.NotNull(await rig.Claim(Worker));
        return job;
    }

    static Task<Decision> Start(LifecycleRig rig, JobState job) =>
        rig.Raise(new AttemptStarted(job.CorrelationId, 1, Worker, new() { JobId = job.CorrelationId, Attempt = 1, Step = AttemptStep.Started, StartedAt = rig.Now }));

    static Task<Decision> Complete(LifecycleRig rig, JobState job, int attempt = 1) => rig.Raise(new AttemptCompleted(
        job.CorrelationId, attempt, Worker, new() { JobId = job.CorrelationId, Attempt = attempt, Step = AttemptStep.Completed },
        [rig.NewFollowUp(job.CorrelationId, attempt, 0), rig.NewFollowUp(job.CorrelationId, attempt, 1)]));

    static async Task Expect(LifecycleRig rig, JobState job, string state, int followUps)
    {
        Assert.Equal(state, (await rig.Find(job.CorrelationId)).CurrentState);
        var ids = from attempt in Enumerable.Range(1, 3) from index in Enumerable.Range(0, 2) select FollowUpJobs.IdOf(job.CorrelationId, attempt, index);
        Assert.Equal(followUps, (await rig.Store.Load([.. ids], default)).Count);
    }

    /// <summary>A store that becomes unavailable just before or just after a write.</summary>
    public class FailingStore : DispatchProxy
    {
        IJobStore store = null!;
        bool afterCommit;

        public bool FailsNextWrite { get; set; }

        public static IJobStore Over(IJobStore store, bool afterCommit)
        {
            var failing = Create<IJobStore, FailingStore>();
            (((FailingStore)(object)failing).store, ((FailingStore)(object)failing).afterCommit) = (store, afterCommit);
            return failing;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var fails = targetMethod!.Name == nameof(IJobStore.Write) && FailsNextWrite;
            FailsNextWrite &= !fails;
            return fails ? Fail((IReadOnlyList<SagaWrite>)args![0]!) : targetMethod.Invoke(store, args);
        }

        async Task<IReadOnlyList<bool>> Fail(IReadOnlyList<SagaWrite> writes)
        {
            if (afterCommit)
            {
                await store.Write(writes, default);
            }
            throw new StoreUnavailableException("away", new TimeoutException());
        }
    }
}
