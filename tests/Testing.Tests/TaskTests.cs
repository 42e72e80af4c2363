using System.ComponentModel.DataAnnotations;
using JobSystem.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Testing.Tests;

public sealed class TaskTests
{
    [Job("make_invoice", Queue = "invoices", MaxRetries = 2)]
    public sealed record MakeInvoice(int OrderId, [property: Range(0, 1000)] decimal Total = 1) : IJob<InvoiceMade>;

    public sealed record InvoiceMade(string Number);

    [Job("send_mail")]
    public sealed record SendMail(string To, string? Subject = null) : IJob;

    public interface INumbers
    {
        string Next(int order);
    }

    sealed class Numbers : INumbers
    {
        public string Next(int order) => $"R-{order}";
    }

    sealed class InvoiceTask(INumbers numbers, ILogger<InvoiceTask> logger) : IJobTask<MakeInvoice, InvoiceMade>
    {
        public async Task<InvoiceMade> Run(MakeInvoice args, TaskContext job, CancellationToken cancellationToken)
        {
            logger.LogInformation("invoice for order {Order}", args.OrderId);
            await job.ReportProgress(30, "numbered", cancellationToken);
            await job.ReportProgress(90, "printed", cancellationToken);
            job.Then(new SendMail("shop@example.com"), x => x.Delay(TimeSpan.FromMinutes(5)));
            return new(numbers.Next(args.OrderId));
        }
    }

    [Fact]
    public async Task Run_ATaskThatCompletes_ShowsWhatItDid()
    {
        await using var tasks = new TaskTest(x => x.MapTask<InvoiceTask>(), x => x.AddSingleton<INumbers, Numbers>());

        var run = await tasks.Run(new MakeInvoice(7));

        Assert.Equal((TaskOutcome.Completed, new InvoiceMade("R-7"), false), (run.Outcome, run.Result<InvoiceMade>(), run.RunsAgain));
        Assert.Equal("""{"number":"R-7"}""", run.Json?.ToString());
        Assert.Equal([(30, "numbered"), (90, "printed")], run.Progress);
        Assert.Equal([(LogLevel.Information, "invoice for order 7")], run.Log);
        Assert.Equal([new SendMail("shop@example.com")], run.FollowUpsOf<SendMail>());
        Assert.Equal(("send_mail", 300), (Assert.Single(run.FollowUps).TaskName, run.FollowUps[0].Delay));
        Assert.Empty(run.FollowUpsOf<MakeInvoice>());
    }

    [Fact]
    public async Task Run_ATaskThatEnqueuesAtOnce_ShowsWhatIsNew()
    {
        await using var tasks = new TaskTest(x => x.MapTask("order", async (TaskContext job, CancellationToken ct) =>
        {
            var first = await job.Enqueue(new SendMail("shop@example.com"), y => y.IdempotencyKey("mail-7"), ct);
            var second = await job.Enqueue("plain", new { n = job.Attempt }, cancellationToken: ct);
            return job.Attempt == 1 ? throw new InvalidOperationException($"{first} {second}") : $"{first} {second}";
        }));

        var failed = await tasks.Run("order");
        var completed = await tasks.Run("order", attempt: 2);

        Assert.Equal(["send_mail", "plain"], failed.Enqueued.Select(x => x.TaskName));
        Assert.Equal([new SendMail("shop@example.com")], failed.EnqueuedOf<SendMail>());
        Assert.Equal("""{"n":2}""", Assert.Single(completed.Enqueued).Kwargs?.ToString());
        var (before, after) = (failed.Error!.Message.Split(' '), completed.Result<string>()!.Split(' '));
        Assert.Equal(before[0], after[0]);
        Assert.NotEqual(before[1], after[1]);
        Assert.Empty(completed.FollowUps);
    }

    sealed class Measuring(ILogger<Measuring> logger) : IJobMiddleware
    {
        public async Task<JobOutcome> Run(TaskContext job, Func<Task<JobOutcome>> next, CancellationToken cancellationToken)
        {
            logger.LogInformation("begin");
            try
            {
                return await next();
            }
            catch (InvalidOperationException exception)
            {
                return new JobOutcome.Failed($"translated {exception.Message}", Retryable: false);
            }
        }
    }

    [Fact]
    public async Task Run_WithMiddleware_RunsItAroundTheAttempt()
    {
        await using var tasks = new TaskTest(x => x.Use<Measuring>().MapTask("task", int (INumbers numbers) => throw new InvalidOperationException(numbers.Next(1))),
            x => x.AddScoped<INumbers, Numbers>());

        var run = await tasks.Run("task");

        Assert.Equal((TaskOutcome.Failed, "translated R-1", false), (run.Outcome, run.Error?.Message, run.RunsAgain));
        Assert.Equal([(LogLevel.Information, "begin")], run.Log);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task Run_ATaskThatThrows_FailsAndRunsAgainWhileThereAreRetries(int attempt, bool runsAgain)
    {
        await using var tasks = new TaskTest(x => x.MapTask<MakeInvoice, InvoiceMade>((job, run, _) =>
        {
            run.Then(new SendMail("nobody"));
            throw new TimeZoneNotFoundException($"order {job.OrderId}, attempt {run.Attempt} of {run.QueueName}");
        }));

        var run = await tasks.Run(new MakeInvoice(7), attempt: attempt);

        Assert.Equal((TaskOutcome.Failed, runsAgain, null), (run.Outcome, run.RunsAgain, run.RunsAgainAfter));
        Assert.Equal(new TaskError("System.TimeZoneNotFoundException", $"order 7, attempt {attempt} of invoices"), run.Error);
        Assert.IsType<TimeZoneNotFoundException>(run.Exception);
        Assert.Empty(run.FollowUps);
        Assert.Contains("System.TimeZoneNotFoundException", Assert.Throws<InvalidOperationException>(() => run.Result<InvoiceMade>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OutcomesOfTheTasksOwn_AreThose()
    {
        await using var tasks = new TaskTest(x =>
        {
            x.MapTask("snooze", () => (JobOutcome)new JobOutcome.Snoozed(TimeSpan.FromHours(1)));
            x.MapTask("give_up", () => (JobOutcome)new JobOutcome.Failed("no use", Retryable: false));
            x.MapTask("later", () => (JobOutcome)new JobOutcome.Failed("busy", TimeSpan.FromSeconds(9)));
            x.MapTask("large", () => new string('x', 300_000));
        });

        var (snooze, giveUp, later, large) = (await tasks.Run("snooze"), await tasks.Run("give_up"), await tasks.Run("later"), await tasks.Run("large"));

        Assert.Equal((TaskOutcome.Snoozed, true, TimeSpan.FromHours(1)), (snooze.Outcome, snooze.RunsAgain, snooze.RunsAgainAfter));
        Assert.Equal((TaskOutcome.Failed, false, "failed"), (giveUp.Outcome, giveUp.RunsAgain, giveUp.Error!.Type));
        Assert.Equal((TaskOutcome.Failed, true, TimeSpan.FromSeconds(9)), (later.Outcome, later.RunsAgain, later.RunsAgainAfter));
        Assert.Equal((TaskOutcome.Failed, "result_too_large", null), (large.Outcome, large.Error!.Type, large.Exception));
    }

    [Fact]
    public async Task Run_ArgumentsThatDoNotFit_FailForGoodAndSayWhy()
    {
        await using var tasks = new TaskTest(x => x.MapTask("add", (int a, int b) => a + b));

        Assert.Equal(5, (await tasks.Run("add", new { a = 2, b = 3 })).Result<int>());
        Assert.Equal(5, (await tasks.Run("add", new[] { 2, 3 })).Result<int>());
        var run = await tasks.Run("add", new { a = "two", b = 3 });
        Assert.Equal((TaskOutcome.Failed, "invalid_arguments", false), (run.Outcome, run.Error!.Type, run.RunsAgain));
        Assert.Contains("expected an integer", run.Error.Message, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => tasks.Run(new MakeInvoice(1, -5)));
        Assert.Contains("total", refused.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Run_LongerThanItsTimeLimit_TimesOut()
    {
        var time = new FakeTimeProvider();
        var started = new TaskCompletionSource();
        await using var tasks = new TaskTest(
            x => x.MapTask("wait", async (TaskContext job, CancellationToken ct) =>
            {
                started.SetResult();
                await Task.Delay(Timeout.Infinite, ct);
            }),
            x => x.AddSingleton<TimeProvider>(time));

        var running = tasks.Run("wait", configure: x => x.Timeout(TimeSpan.FromMinutes(3)).MaxRetries(0));
        await started.Task;
        time.Advance(TimeSpan.FromMinutes(3));

        var run = await running;
        Assert.Equal((TaskOutcome.TimedOut, "timeout", false), (run.Outcome, run.Error!.Type, run.RunsAgain));
    }

    [Fact]
    public async Task Run_CancelledByTheCaller_IsCancelled()
    {
        using var cancel = new CancellationTokenSource();
        await using var tasks = new TaskTest(x => x.MapTask("wait", async (TaskContext job, CancellationToken ct) =>
        {
            await cancel.CancelAsync();
            Assert.Equal(JobStopReason.CancelRequested, job.StopReason);
            await Task.Delay(Timeout.Infinite, ct);
        }));

        Assert.Equal(TaskOutcome.Cancelled, (await tasks.Run("wait", cancellationToken: cancel.Token)).Outcome);
    }

    [Fact]
    public async Task Run_ManyAtOnce_KeepsThemApart()
    {
        await using var tasks = new TaskTest(x => x.MapTask("say", async (int number, ILogger logger) =>
        {
            await Task.Yield();
            logger.LogWarning("number {Number}", number);
            return number;
        }));

        var runs = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => tasks.Run("say", new { number = n })));

        Assert.All(runs.Index(), x => Assert.Equal((x.Index, $"number {x.Index}"), (x.Item.Result<int>(), Assert.Single(x.Item.Log).Message)));
    }

    [Fact]
    public async Task Context_OfARun_IsWhatTheCallerSaid()
    {
        await using var tasks = new TaskTest(x => x.MapTask("look", (TaskContext job) =>
            $"{job.JobId} {job.Attempt} {job.RetryCount}/{job.MaxRetries} {job.Priority} {job.QueueName} {string.Join('+', job.Tags)} {job.Metadata} {job.IdempotencyKey}"));

        var run = await tasks.Run("look", configure: x => x.JobId("one").Priority(JobPriority.High).Queue("q").Tag("a", "b").Metadata("k", 1).IdempotencyKey("key").MaxRetries(5), attempt: 3);

        Assert.Equal("""one 3 2/5 High q a+b {"k":1} key""", run.Result<string>());
    }

    [Fact]
    public async Task Run_WithoutAServiceOfTheTask_FailsAndNamesIt()
    {
        await using var tasks = new TaskTest(x => x.MapTask<InvoiceTask>());

        Assert.Contains(nameof(INumbers), (await tasks.Run(new MakeInvoice(7))).Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ATaskThatIsNotMapped_SaysWhichAre()
    {
        await using var tasks = new TaskTest(x => x.MapTask("add", (int a) => a).WithVersion("2.0"));

        var unknown = await Assert.ThrowsAsync<InvalidOperationException>(() => tasks.Run(new MakeInvoice(1)));
        var version = await Assert.ThrowsAsync<InvalidOperationException>(() => tasks.Run("add", new { a = 1 }, x => x.Version("1.0")));

        Assert.Equal("No task 'make_invoice' is mapped; there are add 2.0", unknown.Message);
        Assert.Equal("No task 'add' of version 1.0 is mapped; there are add 2.0", version.Message);
    }
}
