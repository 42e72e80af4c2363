using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

public sealed class When_middleware_runs_around_attempts
{
    sealed class Unit : IDisposable
    {
        public List<string> Steps { get; } = [];
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    /// <summary>Shares a service of the attempt with the task.</summary>
    sealed class UnitOfWork(Unit unit, ConcurrentQueue<Unit> units) : IJobMiddleware
    {
        public async Task<JobOutcome> Run(TaskContext job, Func<Task<JobOutcome>> next, CancellationToken cancellationToken)
        {
            unit.Steps.Add($"begin {job.TaskName} {job.Kwargs.GetProperty("n")}");
            var outcome = await next();
            unit.Steps.Add(outcome is JobOutcome.Completed completed ? $"commit {completed.Result}" : "roll back");
            units.Enqueue(unit);
            return outcome;
        }
    }

    sealed class Closing(ConcurrentQueue<string> order) : IJobMiddleware, IAsyncDisposable
    {
        public Task<JobOutcome> Run(TaskContext job, Func<Task<JobOutcome>> next, CancellationToken cancellationToken) => next();

        public ValueTask DisposeAsync()
        {
            order.Enqueue("closed");
            return default;
        }
    }

    sealed class NotMade(string text) : IJobMiddleware
    {
        public Task<JobOutcome> Run(TaskContext job, Func<Task<JobOutcome>> next, CancellationToken cancellationToken) => throw new InvalidOperationException(text);
    }

    [Fact]
    public async Task Should_run_in_the_order_of_registration()
    {
        var order = new ConcurrentQueue<string>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use(async (job, next, _) => await Around("first", next));
            x.Tasks.MapTask("task", () => order.Enqueue("task"));
            x.Tasks.Use<Closing>();
            x.Tasks.Use(async (job, next, _) => await Around("second", next));
        }, services: x => x.AddSingleton(order));

        var report = await rig.End(await rig.Submit("task"));

        Assert.Equal(AttemptStep.Completed, report.Step);
        Assert.Equal(["before first", "before second", "task", "after second", "closed", "after first"], order);

        async Task<JobOutcome> Around(string name, Func<Task<JobOutcome>> next)
        {
            order.Enqueue($"before {name}");
            var outcome = await next();
            order.Enqueue($"after {name}");
            return outcome;
        }
    }

    [Theory]
    [InlineData("delegate", true)]
    [InlineData("delegate", false)]
    [InlineData("blocking", true)]
    [InlineData("class", false)]
    public async Task Should_share_the_services_of_the_attempt(string task, bool isRegistered)
    {
        var units = new ConcurrentQueue<Unit>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use<UnitOfWork>();
            x.Tasks.MapTask("delegate", async (int n, Unit unit) =>
            {
                await Task.Yield();
                unit.Steps.Add("work");
                return n;
            });
            x.Tasks.MapTask("blocking", (int n, Unit unit) =>
            {
                unit.Steps.Add("work");
                return n;
            });
            x.Tasks.MapTask<Work>("class");
        }, services: x =>
        {
            x.AddScoped<Unit>().AddSingleton(units);
            if (isRegistered)
            {
                x.AddScoped<UnitOfWork>();
            }
        });

        await rig.End(await rig.Submit(task, new { n = 7 }));
        await rig.End(await rig.Submit(task, new { n = 8 }));

        Assert.Equal(2, units.Distinct().Count());
        Assert.All(units, x => Assert.True(x.IsDisposed));
        Assert.Equal([$"begin {task} 7", "work", "commit 7"], units.First().Steps);
    }

    sealed record WorkArgs(int N);

    sealed class Work(Unit unit) : IJobTask<WorkArgs, int>
    {
        public Task<int> Run(WorkArgs args, TaskContext job, CancellationToken cancellationToken)
        {
            unit.Steps.Add("work");
            return Task.FromResult(args.N);
        }
    }

    [Fact]
    public async Task Should_decide_the_outcome()
    {
        var runs = 0;
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use(async (job, next, _) =>
            {
                if (job.Kwargs.TryGetProperty("skip", out var _))
                {
                    return new JobOutcome.Snoozed(TimeSpan.FromSeconds(7));
                }
                try
                {
                    return await next() is JobOutcome.Completed { Result: 1 } ? new JobOutcome.Completed("one") : new JobOutcome.Failed("not one", Retryable: false);
                }
                catch (ArithmeticException exception)
                {
                    return new JobOutcome.Failed($"caught {exception.Message}", TimeSpan.FromSeconds(3)) { ErrorType = "arithmetic" };
                }
            });
            x.Tasks.MapTask("task", (int? n, bool? skip) =>
            {
                runs++;
                return n ?? throw new ArithmeticException("no number");
            });
        });

        var replaced = await rig.End(await rig.Submit("task", new { n = 1 }));
        var failed = await rig.End(await rig.Submit("task", new { n = 2 }));
        var caught = await rig.End(await rig.Submit("task"));
        var skipped = await rig.End(await rig.Submit("task", new { skip = true }));
        var invalid = await rig.End(await rig.Submit("task", new { n = "x" }));

        Assert.Equal(("one", 3), (replaced.Result?.GetString(), runs));
        Assert.Equal((AttemptStep.Failed, "not one", false), (failed.Step, failed.Error?.Message, failed.Retryable));
        Assert.Equal(("arithmetic", "caught no number", 3), (caught.Error?.Type, caught.Error?.Message, caught.RetryAfter));
        Assert.Equal((AttemptStep.Snoozed, 7), (skipped.Step, skipped.RetryAfter));
        Assert.Equal("invalid_arguments", invalid.Error?.Type);
    }

    [Theory]
    [InlineData("throws", "System.InvalidOperationException", "on purpose")]
    [InlineData("null", "System.InvalidOperationException", "A middleware returned null. Return what next returns, or another JobOutcome")]
    [InlineData("twice", "System.InvalidOperationException", "A middleware called next twice. An attempt runs once; return JobOutcome.Failed to have it retried")]
    public async Task Should_fail_the_attempt_if_it_is_wrong(string how, string type, string message)
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use(async (job, next, _) =>
            {
                if (how == "twice")
                {
                    await next();
                }
                return how switch
                {
                    "throws" => throw new InvalidOperationException("on purpose"),
                    "null" => null!,
                    _ => await next(),
                };
            });
            x.Tasks.MapTask("task", (TaskContext job) => job.Then("next"));
        });

        var report = await rig.End(await rig.Submit("task"));

        Assert.Equal((AttemptStep.Failed, type, message, null), (report.Step, report.Error?.Type, report.Error?.Message, report.FollowUps));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_keep_the_services_while_the_task_runs(bool throws)
    {
        var goOn = new TaskCompletionSource();
        var seen = new ConcurrentQueue<bool>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use((job, next, ct) =>
            {
                _ = next();
                return throws ? throw new InvalidOperationException("on purpose") : Task.FromResult<JobOutcome>(new JobOutcome.Completed("early"));
            });
            x.Tasks.MapTask("task", async (Unit unit) =>
            {
                await goOn.Task;
                seen.Enqueue(unit.IsDisposed);
                throw new ArithmeticException("not seen");
            });
        }, services: x => x.AddScoped<Unit>());

        var job = await rig.Submit("task");
        await Eventually.Holds(() => rig.Reports.Any(x => x.JobId == job));
        await Task.Delay(TimeSpan.FromMilliseconds(200));
        goOn.SetResult();
        var report = await rig.End(job);

        Assert.Equal((throws ? null : "early", throws ? "on purpose" : null), (report.Result?.GetString(), report.Error?.Message));
        Assert.Equal([false], seen);
    }

    [Fact]
    public async Task Should_not_undo_a_time_limit_and_see_why_the_attempt_stops()
    {
        var time = new FakeTimeProvider();
        var seen = new ConcurrentQueue<JobStopReason>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use(async (job, next, ct) =>
            {
                try
                {
                    return await next();
                }
                catch (OperationCanceledException) when (ct.IsCancellationRequested)
                {
                    seen.Enqueue(job.StopReason);
                    return new JobOutcome.Completed();
                }
            });
            x.Tasks.MapTask("task", (CancellationToken ct) => Task.Delay(Timeout.Infinite, ct));
        }, time);
        var job = await rig.Submit("task", timeout: 5);
        await Eventually.Holds(() => rig.Reports.Any(x => x.JobId == job));

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(AttemptStep.TimedOut, (await rig.End(job)).Step);
        Assert.Equal([JobStopReason.TimedOut], seen);
    }

    [Theory]
    [InlineData("async")]
    [InlineData("blocking")]
    public async Task Should_pass_on_what_flows_and_have_its_lines_kept(string task)
    {
        var tenant = new AsyncLocal<string?>();
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use(async (job, next, _) =>
            {
                tenant.Value = job.Owner;
                job.Logger.LogInformation("from the middleware");
                await Task.Yield();
                return await next();
            });
            x.Tasks.MapTask("async", async () =>
            {
                await Task.Yield();
                return tenant.Value;
            });
            x.Tasks.MapTask("blocking", (ILogger log) =>
            {
                log.LogInformation("from the task");
                return $"{tenant.Value}{(Thread.CurrentThread.IsThreadPoolThread ? " on the thread pool" : "")}";
            });
        });

        var job = await rig.Submit(task);
        var report = await rig.End(job);

        Assert.Equal("tester", report.Result?.GetString());
        string[] lines = task == "async" ? ["from the middleware"] : ["from the middleware", "from the task"];
        Assert.Equal(lines, rig.Reports.Where(x => x.JobId == job).SelectMany(x => x.Logs ?? []).Select(x => x.Message));
    }

    [Fact]
    public async Task Should_fail_the_attempt_if_a_service_of_it_is_missing()
    {
        await using var rig = await WorkerRig.Start(x =>
        {
            x.Tasks.Use<NotMade>();
            x.Tasks.MapTask("task", () => 1);
        });

        var report = await rig.End(await rig.Submit("task"));

        Assert.Contains("Unable to resolve service for type 'System.String'", report.Error?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_cost_nothing_if_there_is_none()
    {
        var none = Calls.Compile(x => x.MapTask("task", () => 1));
        var one = Calls.Compile(x => x.Use((_, next, _) => next()));

        Assert.Null(none.Pipeline);
        Assert.NotNull(one.Pipeline);
    }
}
