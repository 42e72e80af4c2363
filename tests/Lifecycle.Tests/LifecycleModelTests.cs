using System.Collections.Concurrent;
using CsCheck;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Rollups;
using JobSystem.JobApi.Storage;
using static JobSystem.Lifecycle.Tests.Step;

namespace JobSystem.Lifecycle.Tests;

/// <summary>
/// Random, reordered, duplicated and stale events against a small model, through the real door and group commit into a real
/// database. A failing trace is printed with its seed.
/// </summary>
public abstract class LifecycleModelTests
{
    static readonly string[] workers = ["w1", "w2"];
    static readonly string[] words =
    [
        AttemptStep.Started, AttemptStep.Started, AttemptStep.Progress, AttemptStep.Completed, AttemptStep.Failed, AttemptStep.Failed,
        AttemptStep.TimedOut, AttemptStep.Cancelled, AttemptStep.Snoozed, AttemptStep.Released,
    ];

    static readonly Gen<int> offset = Gen.Frequency((6, Gen.Const(0)), (1, Gen.Const(-1)), (1, Gen.Const(1)));
    static readonly Gen<Step> step = Gen.Frequency(
        (6, Gen.Int[0, 1].Select(w => (Step)new Claim(w))),
        (8, Gen.Select(Gen.Int[0, words.Length - 1].Select(i => words[i]), Gen.Int[0, 1], offset, Gen.Frequency((4, Gen.Const(true)), (1, Gen.Const(false))))
            .Select((word, w, o, r) => (Step)new Report(word, w, o, r))),
        (1, Gen.Const((Step)new Cancel())),
        (1, Gen.Const((Step)new ForceComplete())),
        (1, Gen.OneOf(Gen.Const(0), Gen.Const(7)).Select(d => (Step)new Retry(d))),
        (1, Gen.Int[-2, 0].Select(o => (Step)new Disprove(o))),
        (3, Gen.OneOf(Gen.Const(0), Gen.Const(1), Gen.Const(6), Gen.Const(11), Gen.Const(31), Gen.Const(70), Gen.Const(400)).Select(s => (Step)new Wait(s))),
        (4, Gen.Const((Step)new Tick())),
        (1, Gen.Bool.Select(x => (Step)new Pause(x))));

    static readonly Gen<(int MaxRetries, int Expiry, Step[] Steps)> trace = Gen.Select(Gen.Int[0, 3], Gen.OneOf(Gen.Const(0), Gen.Const(0), Gen.Const(20)), step.Array[1, 30]);

    protected abstract long Traces { get; }
    private protected abstract Task<ModelStore> OpenStore();

    [Fact]
    public async Task Machine_AnyTrace_AgreesWithTheModel()
    {
        var store = await OpenStore();
        var rigs = new ConcurrentBag<LifecycleRig>();
        await trace.SampleAsync(async (maxRetries, expiry, steps) =>
        {
            var rig = rigs.TryTake(out var free) ? free : await LifecycleRig.Open(store);
            await Run(rig, maxRetries, expiry, steps);
            rigs.Add(rig);
        }, iter: Traces, threads: 8);
        foreach (var rig in rigs)
        {
            await rig.DisposeAsync();
        }
        await CompareRollups(store);
    }

    /// <summary>Every step is in the job's own history too, which nothing has cut yet.</summary>
    static async Task CompareRollups(ModelStore store)
    {
        while (await store.Rollups.Fold(limit: 1000, default) > 0)
        {
        }
        foreach (var (column, word) in ((string, string)[])
            [("submitted", "created"), ("started", "running"), ("completed", "completed"), ("failed", "failed"), ("timed_out", "timeout"), ("retried", "retrying"), ("cancelled", "cancelled"), ("expired", "expired"), ("rescued", "lease_lost")])
        {
            var mark = $"\"event\":\"{word}\"";
            var steps = await store.Number($"select sum((length(history) - length(replace(history, '{mark}', ''))) / {mark.Length}) from jobs");
            Assert.True(steps > 0, $"no trace has the step {word}");
            Assert.Equal((word, steps), (word, await store.Number($"select sum({column}) from rollups where step_seconds = {Rollup.Minute}")));
        }
    }

    static async Task Run(LifecycleRig rig, int maxRetries, int expiry, Step[] steps)
    {
        var job = await rig.Insert(maxRetries, expiry == 0 ? null : expiry);
        var model = new LifecycleModel(job, rig.Options);
        await rig.Pause(false);
        foreach (var step in steps)
        {
            await Take(rig, model, job.CorrelationId, step);
            await Compare(rig, model, job.CorrelationId, step);
        }
        await Settle(rig, model, job);
    }

    static async Task Take(LifecycleRig rig, LifecycleModel model, Guid id, Step step)
    {
        switch (step)
        {
            case Claim(var w):
                var claimed = await rig.Claim(workers[w]);
                Assert.Equal(model.Claim(workers[w], rig.Now), claimed is not null);
                Assert.Equal(claimed is null ? null : id, claimed?.CorrelationId);
                break;
            case Report(var word, var w, var o, var retryable):
                var worker = o == 0 && w == 0 ? model.Worker ?? workers[0] : workers[w];
                var attempt = model.Attempt + o;
                var reported = await RaiseReport(rig, id, word, attempt, worker, retryable);
                Assert.Equal(model.Report(word, worker, attempt, retryable, rig.Now + ClockOf(worker), rig.Now), reported.Refusal is null);
                break;
            case Cancel:
                var cancelled = await rig.Raise(new CancelRequested(id, "why", "model"));
                Assert.Equal(model.Cancel(rig.Now), cancelled.Refusal is null);
                break;
            case ForceComplete:
                var forced = await rig.Raise(new CompletionForced(id, "{\"by\":\"hand\"}", "why", "model"));
                Assert.Equal(model.ForceComplete(), forced.Refusal is null);
                Assert.Equal("{\"by\":\"hand\"}", forced.Refusal is null ? (await rig.Find(id)).Result : "{\"by\":\"hand\"}");
                break;
            case Retry(var delay):
                var retried = await rig.Raise(new RetryRequested(id, TimeSpan.FromSeconds(delay), "model"));
                Assert.Equal(model.Retry(delay, rig.Now), retried.Refusal is null);
                break;
            case Disprove(var o):
                await rig.Raise(new LossDisproved(id, model.Attempt + o, workers[0]));
                model.Disprove(model.Attempt + o);
                break;
            case Wait(var seconds):
                rig.Time.Advance(TimeSpan.FromSeconds(seconds));
                break;
            case Pause(var isPaused):
                await rig.Pause(isPaused);
                model.IsPaused = isPaused;
                break;
            case Tick:
                await rig.Raise(new TimerElapsed(id));
                model.Timer(rig.Now);
                break;
        }
    }

    /// <summary>The clocks of both workers are wrong.</summary>
    static TimeSpan ClockOf(string worker) => TimeSpan.FromMinutes(worker == workers[0] ? -10 : 10);

    static Task<Decision> RaiseReport(LifecycleRig rig, Guid id, string word, int attempt, string worker, bool retryable)
    {
        var clock = ClockOf(worker);
        var report = new AttemptReport
        {
            JobId = id,
            Attempt = attempt,
            Step = word,
            StartedAt = word == AttemptStep.Progress ? null : rig.Now + clock,
            FinishedAt = word is AttemptStep.Started or AttemptStep.Progress ? null : rig.Now + clock,
            Retryable = retryable,
            RetryAfter = word == AttemptStep.Snoozed ? 5 : null,
            Progress = word == AttemptStep.Progress ? 50 : null,
            Error = word is AttemptStep.Failed or AttemptStep.TimedOut ? new() { Type = "model", Message = "no" } : null,
        };
        return word switch
        {
            AttemptStep.Started => rig.Raise(new AttemptStarted(id, attempt, worker, report)),
            AttemptStep.Progress => rig.Raise(new AttemptProgressed(id, attempt, worker, report)),
            AttemptStep.Completed => rig.Raise(new AttemptCompleted(id, attempt, worker, report, [rig.NewFollowUp(id, attempt, 0), rig.NewFollowUp(id, attempt, 1)])),
            AttemptStep.Failed => rig.Raise(new AttemptFailed(id, attempt, worker, report)),
            AttemptStep.TimedOut => rig.Raise(new AttemptTimedOut(id, attempt, worker, report)),
            AttemptStep.Cancelled => rig.Raise(new AttemptStopped(id, attempt, worker, report)),
            AttemptStep.Snoozed => rig.Raise(new AttemptSnoozed(id, attempt, worker, report)),
            _ => rig.Raise(new AttemptReleased(id, attempt, worker, report)),
        };
    }

    static async Task Compare(LifecycleRig rig, LifecycleModel model, Guid id, Step step)
    {
        var row = await rig.Find(id);
        Assert.True(model.State == row.CurrentState, $"after {step}: the model says {model.State}, the row {row.CurrentState}");
        Assert.Equal(model.Attempt, row.Attempt);
        Assert.Equal(model.Retries, row.RetryCount);
        Assert.Equal(model.Worker, row.WorkerId);
        Assert.True(JobStatus.IsFinal(model.State) || model.Lost == row.LostCount, $"after {step}: the model counts {model.Lost} losses, the row {row.LostCount}");
        if (model.State == JobStatus.Retrying && row.NotBefore != model.NotBefore)
        {
            // The jitter is the machine's own choice within the promised bounds
            var full = 10 * Math.Pow(2, model.Retries - 1);
            Assert.InRange((row.NotBefore!.Value - rig.Now).TotalSeconds, full * 0.499, full * 1.001);
            model.NotBefore = row.NotBefore;
            model.ReadyAt = row.NotBefore.Value;
        }
        Assert.Equal(model.ReadyAt, row.ReadyAt);
        Assert.Equal(model.NotBefore, row.NotBefore);
        Assert.Equal(JobStatus.IsFinal(row.CurrentState), row.CompletedAt is not null);
        DateTimeOffset[] times = [row.CreatedAt, row.StartedAt ?? row.CreatedAt, row.CompletedAt ?? rig.Now, rig.Now];
        Assert.True(times.Order().SequenceEqual(times), $"after {step}: created, started, ended and now are {string.Join(", ", times)}");
        // What waits for a worker alone may have no timer
        Assert.Equal(
            JobStatus.IsFinal(row.CurrentState) || (row is { CurrentState: JobStatus.Pending, NotBefore: null, ExpiresAt: null, DueAt: null }), row.DueAt is null);
    }

    /// <summary>Faults stop: a faithful worker and the timers must bring the job to an end.</summary>
    static async Task Settle(LifecycleRig rig, LifecycleModel model, JobState job)
    {
        for (var round = 0; !JobStatus.IsFinal(model.State); round++)
        {
            Assert.True(round < 20, $"the job does not end; it is {model.State}");
            rig.Time.Advance(TimeSpan.FromSeconds(100));
            Step[] faithful = [new Pause(false), new Tick(), new Claim(0), new Report(AttemptStep.Completed, 0, 0, true)];
            foreach (var step in faithful)
            {
                await Take(rig, model, job.CorrelationId, step);
                await Compare(rig, model, job.CorrelationId, step);
            }
        }
        Assert.Equal(model.Restarts + 1, model.Terminals);
        Assert.True(model.Attempt <= ((1 + job.MaxRetries) * (1 + model.Restarts)) + model.FreeAttempts, "more attempts than the budget allows");
        var history = (await rig.Find(job.CorrelationId)).History!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var terminals = history.Count(line => JobStatus.Final.Any(word => line.Contains($"\"event\":\"{word}\"", StringComparison.Ordinal)));
        Assert.Equal(model.Terminals, terminals);
        foreach (var attempt in Enumerable.Range(1, model.Attempt))
        {
            var followUps = await rig.Store.Load([FollowUpJobs.IdOf(job.CorrelationId, attempt, 0), FollowUpJobs.IdOf(job.CorrelationId, attempt, 1)], default);
            Assert.Equal(attempt == model.CompletedBy ? 2 : 0, followUps.Count);
        }
    }
}
