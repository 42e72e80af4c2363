using System.Collections.Concurrent;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Support;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Tests;

public sealed class When_a_job_runs
{
    [Fact]
    public async Task Should_run_and_report_in_one_step_when_it_is_quick()
    {
        await using var rig = await WorkerRig.Start(
            x => x.Tasks.MapTask("task", (string name) => ValueTask.FromResult(new { Greeting = $"Hello, {name}" })));
        List<AttemptReport> reports = [];
        for (var n = 0; n < 5; n++)
        {
            reports.Add(await rig.End(await rig.Submit("task", new { name = "Ada" })));
        }
        Assert.All(reports, report =>
        {
            Assert.Equal(AttemptStep.Completed, report.Step);
            Assert.Equal("Hello, Ada", report.Result?.GetProperty("greeting").GetString());
            Assert.True(report.StartedAt <= report.FinishedAt);
        });
        // A start is reported too if the check of unreported starts meets it
        Assert.Contains(reports, report => rig.Reports.Count(x => x.JobId == report.JobId) == 1);
    }

    [Fact]
    public async Task Should_tell_times_by_the_clock_of_the_grant()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (ILogger logger) =>
        {
            logger.LogInformation("begun");
            await Task.Delay(TimeSpan.FromSeconds(0.3));
            throw new InvalidOperationException("no");
        }));
        // This machine's clock is years behind the database's
        var granted = new DateTimeOffset(2070, 1, 31, 12, 0, 0, TimeSpan.Zero);
        rig.GrantedAt = granted;
        var end = await rig.End(await rig.Submit("task"));
        Assert.InRange(end.StartedAt!.Value, granted, granted.AddSeconds(30));
        Assert.InRange(end.FinishedAt!.Value, end.StartedAt.Value.AddSeconds(0.25), granted.AddSeconds(60));
        Assert.InRange(end.Error!.At, end.StartedAt.Value, end.FinishedAt.Value);
        Assert.InRange(rig.Reports.SelectMany(x => x.Logs ?? []).Single().At, end.StartedAt.Value, end.FinishedAt.Value);
    }

    [Fact]
    public async Task Should_report_start_progress_logs_and_end()
    {
        var go = new TaskCompletionSource();
        await using var rig =
            await WorkerRig.Start(x => x.Tasks.MapTask("task", async (TaskContext job, ILogger logger, CancellationToken ct) =>
        {
            logger.LogInformation("half of {What}", "it");
            job.Logger.LogDebug("not kept");
            await job.ReportProgress(50, "half", ct);
            await go.Task;
            logger.LogWarning("the rest");
            await job.ReportProgress(250, "done", ct);
        }));
        var id = await rig.Submit("task");
        await Eventually.Holds(() => rig.Reports.Any(x => x.Progress == 50 && x.Message == "half" && x.Logs?.Single() is { Level: "information", Message: "half of it" }));
        Assert.Equal(AttemptStep.Started, rig.Reports.First().Step);
        go.SetResult();
        var end = await rig.End(id);
        Assert.Equal((100.0, "done", "the rest"), (end.Progress, end.Message, end.Logs?.Single().Message));
    }

    [Fact]
    public async Task Should_keep_structured_values_and_scopes_with_the_line_and_number_the_lines()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (ILogger logger, TaskContext job) =>
        {
            logger.LogInformation("plain");
            using (job.Logger.BeginScope(new Dictionary<string, object?> { ["Order"] = 7, ["None"] = null }))
            using (logger.BeginScope("part {Part}", "ü"))
            using (logger.BeginScope("text"))
            {
                await Task.Yield();
                logger.LogWarning(
                    "sent {Count} to {User} in {Time} {Flag} {Items}", 3, "ann\ud83d", 1.5, true, new object?[] { 1, "b", null });
            }
            logger.LogInformation("{Day} {Much}", DayOfWeek.Monday, new string('x', 5000));
        }));
        var id = await rig.Submit("task");
        await rig.End(id);
        var lines = rig.Reports.Where(x => x.JobId == id).SelectMany(x => x.Logs ?? []).ToList();
        Assert.Equal([1, 2, 3], lines.Select(x => x.Line));
        Assert.Null(lines[0].Fields);
        const string expected = """{"values":{"Count":3,"User":"ann\uFFFD","Time":1.5,"Flag":true,"Items":[1,"b",null]},"scopes":[{"Order":7,"None":null},{"Part":"ü"},"text"]}""";
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), lines[1].Fields!.Value), lines[1].Fields!.Value.GetRawText());
        Assert.Equal("Monday", lines[2].Fields!.Value.GetProperty("values").GetProperty("Day").GetString());
        Assert.Equal(1001, lines[2].Fields!.Value.GetProperty("values").GetProperty("Much").GetString()!.Length);
    }

    [Fact]
    public async Task Should_keep_the_logs_of_jobs_apart()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", async (int n, ILogger logger) =>
        {
            for (var i = 0; i < 20; i++)
            {
                logger.LogInformation("{N}", n);
                await Task.Yield();
            }
        }));
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => rig.Submit("task", new { n })));
        for (var n = 0; n < ids.Length; n++)
        {
            await rig.End(ids[n]);
            var lines = rig.Reports.Where(x => x.JobId == ids[n]).SelectMany(x => x.Logs ?? []).Select(x => x.Message).ToList();
            Assert.Equal(Enumerable.Repeat($"{n}", 20), lines);
        }
    }

    [Fact]
    public async Task Should_fail_for_good_when_arguments_do_not_fit()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (string name) => name));
        var report = await rig.End(await rig.Submit("task", new { nme = "x" }));
        Assert.Equal((AttemptStep.Failed, "invalid_arguments", false), (report.Step, report.Error?.Type, report.Retryable));
    }

    [Fact]
    public async Task Should_start_by_priority_then_age_with_one_slot()
    {
        var go = new TaskCompletionSource();
        var order = new ConcurrentQueue<int>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Slots = 1;
            x.Tasks.MapTask("block", async () => await go.Task);
            x.Tasks.MapTask("task", (int n) => order.Enqueue(n));
        });
        await rig.Submit("block");
        await Eventually.Holds(() => rig.Granted.Count == 1);
        for (var n = 0; n < 40; n++)
        {
            await rig.Submit("task", new { n }, priority: (byte)(n % 4 + 1));
        }
        Assert.Single(rig.Granted);
        go.SetResult();
        await Eventually.Holds(() => order.Count == 40);
        Assert.Equal(Enumerable.Range(0, 40).OrderByDescending(n => n % 4).ThenBy(n => n), order);
    }

    [Fact]
    public async Task Should_not_let_blocking_handlers_stop_the_worker()
    {
        using var go = new ManualResetEventSlim();
        await using var rig = await WorkerRig.Start(x =>
        {
            (x.Slots, x.Renew) = (200, TimeSpan.FromMilliseconds(100));
            x.Tasks.MapTask("task", () => go.Wait(TimeSpan.FromSeconds(30)));
        });
        var ids = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => rig.Submit("task")));
        await Eventually.Holds(() => rig.Beats.Any(x => x.Attempts.Count == 200));
        var beats = rig.Beats.Count;
        await Eventually.Holds(() => rig.Beats.Count > beats + 3);
        go.Set();
        foreach (var id in ids)
        {
            Assert.Equal(AttemptStep.Completed, (await rig.End(id)).Step);
        }
    }

    [Fact]
    public async Task Should_take_only_from_the_queues_it_is_told()
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Queues = ["mine"];
            x.Tasks.MapTask("task", () => 1);
        });
        var other = await rig.Submit("task", queue: "default");
        await rig.End(await rig.Submit("task", queue: "mine"));
        Assert.Null(rig.EndOf(other));
        Assert.Equal(["mine"], rig.Beats.First().Queues);
        Assert.All(rig.Requests, x => Assert.Equal(["mine"], x.Queues));
    }

    [Fact]
    public async Task Should_take_from_every_queue_when_it_is_told_none()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", () => 1));
        Assert.Equal(AttemptStep.Completed, (await rig.End(await rig.Submit("task", queue: "unheard of"))).Step);
        Assert.All(rig.Requests, x => Assert.Null(x.Queues));
    }

    [Fact]
    public async Task Should_tell_the_queues_that_it_has_heard_of()
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Renew = TimeSpan.FromMilliseconds(100);
            x.Tasks.MapTask("task", () => 1).WithQueue("mails");
        });
        await rig.Bus.Publish(new QueuesChanged { Names = ["default", "later"] });
        await Eventually.Holds(() => rig.Beats.Last().Queues.SequenceEqual(["default", "later", "mails"]));
    }

    [Fact]
    public async Task Should_announce_its_tasks()
    {
        await using var rig = await WorkerRig.Start(x => x.Tasks.MapTask("task", (string name) => name).WithVersion("3"));
        var task = rig.Announced.First().Tasks.Single();
        Assert.Equal(("task", "3", false), (task.Name, task.Version, task.IsAsync));
        Assert.Equal("string", task.Parameters?.GetProperty("properties").GetProperty("name").GetProperty("type").GetString());
    }
}
