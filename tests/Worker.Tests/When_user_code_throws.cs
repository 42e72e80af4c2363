using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Contracts;
using JobSystem.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Tests;

/// <summary>
/// What a task hands over is its own code, which may throw when it is looked at. The attempt ends with one report,
/// at once, and its slot is free.
/// </summary>
public sealed class When_user_code_throws
{
    sealed class Hostile(string? message = "never", bool throws = true) : Exception
    {
        public override string Message => throws ? throw new Hostile() : message!;
        public override string? StackTrace => throw new Hostile();
        public override string ToString() => throw new Hostile();
    }

    sealed class HostileValue : IFormattable
    {
        public string Text => throw new Hostile();
        public override string ToString() => throw new Hostile();
        public string ToString(string? format, IFormatProvider? formatProvider) => throw new Hostile();
    }

    sealed class HalfOfAPair : JsonConverter<HostileValue>
    {
        public override HostileValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new Hostile();
        public override void Write(Utf8JsonWriter writer, HostileValue value, JsonSerializerOptions options) =>
            writer.WriteRawValue("\"\\ud83d\"");
    }

    sealed record WithConverter([property: JsonConverter(typeof(HalfOfAPair))] HostileValue Value);

    sealed class HostileState : List<KeyValuePair<string, object?>>, IReadOnlyList<KeyValuePair<string, object?>>
    {
        IEnumerator<KeyValuePair<string, object?>> IEnumerable<KeyValuePair<string, object?>>.GetEnumerator() => throw new Hostile();
    }

    /// <summary>What the task does, the step of its report and the type of its error.</summary>
    public static TheoryData<string, Delegate, string, string?> Tasks => new()
    {
        { "message throws", () => { throw new Hostile(); }, AttemptStep.Failed, typeof(Hostile).FullName },
        { "message is null", async Task () => { await Task.Yield(); throw new Hostile(null, throws: false); }, AttemptStep.Failed, typeof(Hostile).FullName },
        { "inner message throws", () => Task.FromException(new AggregateException(new Hostile())), AttemptStep.Failed, typeof(AggregateException).FullName },
        { "half of a pair", () => { throw new InvalidOperationException("\ud83d \0"); }, AttemptStep.Failed, typeof(InvalidOperationException).FullName },
        { "endless message", () => { throw new InvalidOperationException(new('x', 50_000_000)); }, AttemptStep.Failed, typeof(InvalidOperationException).FullName },
        { "failed without reason", () => new JobOutcome.Failed(null!, Retryable: false) { ErrorType = null! }, AttemptStep.Failed, "failed" },
        { "long type", () => new JobOutcome.Failed("r") { ErrorType = new string('t', 100_000) }, AttemptStep.Failed, new string('t', 500) + "…" },
        { "cancelled without reason", () => new JobOutcome.Cancelled(null), AttemptStep.Cancelled, "cancelled" },
        { "endless snooze", () => new JobOutcome.Snoozed(TimeSpan.MaxValue), AttemptStep.Snoozed, null },
        { "snooze into the past", () => new JobOutcome.Snoozed(TimeSpan.MinValue), AttemptStep.Snoozed, null },
        { "endless retry", () => new JobOutcome.Failed("r", TimeSpan.MaxValue) { ErrorType = "t" }, AttemptStep.Failed, "t" },
        { "getter throws", () => new HostileValue(), AttemptStep.Failed, "result_not_json" },
        { "converter writes half of a pair", () => new WithConverter(new()), AttemptStep.Failed, "result_not_json" },
        { "result with half of a pair", () => JsonElement.Parse("""{"a":"\udc00"}"""), AttemptStep.Failed, "result_not_json" },
        { "text with half of a pair", () => "\udc00", AttemptStep.Completed, null },
        { "endless result", Endless, AttemptStep.Failed, "result_too_large" },
        { "log state throws", (ILogger log) => log.Log(LogLevel.Error, 1, new HostileState(), new Hostile(), (_, _) => throw new Hostile()), AttemptStep.Completed, null },
        { "log text is null", (ILogger log) => log.Log(LogLevel.Error, 1, "state", null, (_, _) => null!), AttemptStep.Completed, null },
        { "log value throws", (ILogger log) => log.LogInformation("{A} {B}", 1, new[] { new HostileValue() }), AttemptStep.Completed, null },
        { "scope throws", (ILogger log) => { using (log.BeginScope(new HostileValue())) using (log.BeginScope(new HostileState())) { log.LogInformation("in it"); } }, AttemptStep.Completed, null },
        { "progress with half of a pair", async (TaskContext job) => await job.ReportProgress(5, "\ud83d\0" + new string('x', 1_000_000)), AttemptStep.Completed, null },
        { "cancels what it was not asked to", () => Task.FromCanceled(new(true)), AttemptStep.Failed, typeof(TaskCanceledException).FullName },
    };

    static IEnumerable<int> Endless()
    {
        for (var i = 0; ; i++)
        {
            yield return i;
        }
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public async Task Should_end_with_one_report_at_once(string what, Delegate task, string step, string? error)
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("task", task);
            x.Tasks.MapTask("next", () => { });
        });
        var report = await rig.End(await rig.Submit("task", timeout: 3600));
        Assert.True((step, error) == (report.Step, report.Error?.Type), $"{what}: {report.Step} {report.Error?.Type}");
        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("next"))).Step);
        Assert.Single(rig.Reports, x => x.JobId == report.JobId && x.FinishedAt is not null);
    }

    [Fact]
    public async Task Should_not_keep_the_reports_of_others_back()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 20;
            x.Tasks.MapTask("bad", async Task<object> () => { await go.Task; return new WithConverter(new()); });
            x.Tasks.MapTask("good", async () => await go.Task);
        });
        var jobs = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => rig.Submit(n % 3 == 0 ? "bad" : "good")));
        await Eventually.Holds(() => rig.Granted.Count >= jobs.Length);
        go.SetResult();
        for (var n = 0; n < jobs.Length; n++)
        {
            Assert.Equal(n % 3 == 0 ? AttemptStep.Failed : AttemptStep.Completed, (await rig.End(jobs[n])).Step);
        }
    }

    sealed class Service(bool asynchronously, bool throws) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (asynchronously)
            {
                await Task.Yield();
            }
            if (throws)
            {
                throw new InvalidOperationException("disposal");
            }
        }
    }

    sealed class Task1(Service service) : IJobTask<Task1.Args, int>, IDisposable
    {
        public sealed record Args(bool Fails);

        public Task<int> Run(Args args, TaskContext job, CancellationToken cancellationToken) =>
            args.Fails ? throw new ArithmeticException("own") : Task.FromResult(service.GetHashCode());

        public void Dispose() => throw new InvalidOperationException("disposal");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_end_when_a_disposal_throws_and_never_hide_the_tasks_own_failure(bool asynchronously)
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("sync", (Service service, bool fails) => fails ? throw new ArithmeticException("own") : 1);
            x.Tasks.MapTask("async", async Task<JobOutcome> (Service service, bool fails) =>
            {
                await Task.Yield();
                return fails ? new JobOutcome.Failed("own") { ErrorType = "System.ArithmeticException" } : new JobOutcome.Completed();
            });
            x.Tasks.MapTask<Task1>("class");
        }, services: x => x.AddScoped(_ => new Service(asynchronously, throws: true)));
        foreach (var task in (string[])["sync", "async", "class"])
        {
            var failed = await rig.End(await rig.Submit(task, new { fails = true }, timeout: 3600));
            Assert.Equal(("System.ArithmeticException", "own"), (failed.Error?.Type, failed.Error?.Message));
            var ended = await rig.End(await rig.Submit(task, new { fails = false }, timeout: 3600));
            Assert.Equal(("System.InvalidOperationException", "disposal"), (ended.Error?.Type, ended.Error?.Message));
        }
    }

    [Fact]
    public async Task Should_wait_for_the_disposal_of_a_synchronous_task()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (Service service) => 1), services: x => x.AddScoped(_ => new Service(asynchronously: true, throws: false)));
        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("task"))).Step);
    }

    [Fact]
    public async Task Should_end_when_listeners_throw()
    {
        const string Task = "listened_to";
        using var activities = new ActivityListener
        {
            ShouldListenTo = x => x.Name == "JobSystem.Worker",
            Sample = (ref ActivityCreationOptions<ActivityContext> x) => x.Name == Task ? throw new Hostile() : ActivitySamplingResult.None,
            SampleUsingParentId =
                (ref ActivityCreationOptions<string> x) => x.Name == Task ? throw new Hostile() : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(activities);
        using var measurements = new MeterListener { InstrumentPublished = (instrument, x) => { if (instrument.Name == "jobsystem.worker.attempts") { x.EnableMeasurementEvents(instrument); } } };
        measurements.SetMeasurementEventCallback<long>(
            (_, _, tags, _) => _ = tags.ToArray().Any(x => Task.Equals(x.Value)) ? throw new Hostile() : 0);
        measurements.Start();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask(Task, () => { });
        });
        Assert.Equal(AttemptStep.Failed, (await rig.End(await rig.Submit(Task, timeout: 3600))).Step);
        Assert.Equal(AttemptStep.Failed, (await rig.End(await rig.Submit(Task, timeout: 3600))).Step);
    }
}
