using System.Diagnostics;
using JobSystem.Api;
using JobSystem.Hosting;
using JobSystem.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Xunit.Abstractions;

namespace JobSystem.Testing.Tests;

public sealed class SystemTests(ITestOutputHelper output)
{
    [Job("make_invoice", MaxRetries = 3, RetryDelaySeconds = 60)]
    public sealed record MakeInvoice(int OrderId) : IJob<string>;

    [Job("send_mail")]
    public sealed record SendMail(string To) : IJob;

    static readonly DateTimeOffset start = JobSystemHost.DefaultStart;

    [Fact]
    public async Task Drain_JobsAndFollowUps_RunsAll()
    {
        await using var system = await JobSystemHost.StartInMemory(x =>
        {
            x.MapTask<MakeInvoice, string>((job, run, ct) =>
            {
                run.Then(new SendMail($"customer {job.OrderId}"));
                return Task.FromResult($"R-{job.OrderId}");
            });
            x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask);
        });
        await system.ShouldHaveEnqueuedNothing();

        var invoice = await system.Jobs.Enqueue(new MakeInvoice(7));
        var watch = Stopwatch.StartNew();
        var run = await system.Drain();
        output.WriteLine($"{watch.ElapsedMilliseconds} ms\n{run}");

        Assert.Equal(
            [("make_invoice", 1, TaskOutcome.Completed), ("send_mail", 1, TaskOutcome.Completed)], run.Ran.Select(x => (x.TaskName, x.Attempt, x.Outcome)));
        Assert.Empty(run.Waiting);
        Assert.Equal("R-7", await invoice.Result());
        var mail = await system.ShouldHaveEnqueued<SendMail>(x => x.To == "customer 7");
        Assert.Equal(("completed", invoice.Id, start), (mail.State.Status, mail.State.ParentId, mail.State.CompletedAt));
        Assert.Empty((await system.Drain()).Ran);
    }

    [Fact]
    public async Task Process_WithASystem_EndsAtASignal()
    {
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask));

        // The console's holds the process until its host has stopped, which the host of a test is not told
        Assert.DoesNotContain("Console", system.Services.GetRequiredService<IHostLifetime>().GetType().Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Advance_AMonthOfADailySchedule_RunsEachAtItsTime()
    {
        var times = new List<DateTimeOffset>();
        var startedIn = Stopwatch.StartNew();
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<SendMail>((job, run, ct) =>
        {
            lock (times)
            {
                times.Add(run.ScheduledAt!.Value);
            }
            return Task.CompletedTask;
        }), startAt: new(2026, 3, 15, 12, 0, 0, TimeSpan.Zero));
        output.WriteLine($"started in {startedIn.ElapsedMilliseconds} ms");
        var schedule = await system.Client.Schedules.Create(new()
        {
            Name = "morning mail",
            TaskName = "send_mail",
            CronExpression = "0 8 * * *",
            Timezone = "Europe/Berlin",
            Kwargs = Json(new { to = "all" }),
        });

        var watch = Stopwatch.StartNew();
        var run = await system.Advance(TimeSpan.FromDays(31));
        output.WriteLine($"advanced in {watch.ElapsedMilliseconds} ms");

        Assert.Equal(31, run.RanOf<SendMail>().Count);
        // Summer time begins on 29 March
        Assert.Equal(Enumerable.Range(16, 31).Select(day => new DateTimeOffset(2026, 3, 1, day < 29 ? 7 : 6, 0, 0, TimeSpan.Zero).AddDays(day - 1)), times);
        Assert.Equal(times, run.Ran.Select(x => x.EndedAt));
        Assert.Equal("completed", (await system.Client.Schedules.Get(schedule.Id)).LastOutcome);
        // It is about a second where nothing else runs
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task Advance_AJobThatFails_IsRetriedWithItsBackOff()
    {
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<MakeInvoice, string>((job, run, ct) =>
            run.Attempt < 4 ? throw new InvalidOperationException("printer is out of paper") : Task.FromResult("R-1")));
        var invoice = await system.Jobs.Enqueue(new MakeInvoice(1));

        var first = await system.Drain();
        var all = await system.Advance(TimeSpan.FromHours(1));

        var failed = Assert.Single(first.Ran);
        Assert.Equal((TaskOutcome.Failed, "printer is out of paper", start), (failed.Outcome, failed.Error?.Message, failed.EndedAt));
        Assert.Equal([2, 3, 4], all.Ran.Select(x => x.Attempt));
        // One, two and four minutes, each varied a little
        Assert.InRange(all.Ran[0].EndedAt - start, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(90));
        Assert.InRange(all.Ran[2].EndedAt - all.Ran[1].EndedAt, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(360));
        Assert.Equal("R-1", await invoice.Result());
        Assert.Equal(start.AddHours(1), system.Time.GetUtcNow());
    }

    [Fact]
    public async Task Advance_DelaysAndSnoozes_HappenInOrderAtTheirTimes()
    {
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask("note", (string name, TaskContext run) =>
            name == "snoozes" && run.Attempt == 1 ? new JobOutcome.Snoozed(TimeSpan.FromHours(2)) : (JobOutcome)new JobOutcome.Completed()));
        foreach (var (name, hours) in new[] { ("late", 3), ("snoozes", 0), ("early", 1) })
        {
            await system.Client.Jobs.Create(new()
            {
                TaskName = "note",
                Kwargs = Json(new { name }),
                JobId = name,
                Delay = hours * 3600,
            });
        }

        Assert.Equal([("snoozes", TaskOutcome.Snoozed)], (await system.Advance(TimeSpan.FromMinutes(59))).Ran.Select(x => (x.JobId, x.Outcome)));
        var rest = await system.Advance(TimeSpan.FromHours(3));

        Assert.Equal([("early", 1), ("snoozes", 2), ("late", 3)], rest.Ran.Select(x => (x.JobId, (int)(x.EndedAt - start).TotalHours)));
    }

    [Fact]
    public async Task Advance_ATaskThatWaitsForTheClock_GoesOnAtItsTimeAndKeepsItsJob()
    {
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask("wait", async (double hours, TimeProvider time, CancellationToken ct) =>
        {
            await Task.Delay(TimeSpan.FromHours(hours), time, ct);
            return time.GetUtcNow();
        }).WithTimeout(TimeSpan.FromHours(20)));
        var job = await system.Client.Jobs.Create(new() { TaskName = "wait", Kwargs = Json(new { hours = 12 }) });

        var waiting = Assert.Single((await system.Drain()).Waiting);
        Assert.Equal((job.Id, "waits_for_clock"), (waiting.JobId, waiting.Code));
        Assert.Empty((await system.Advance(TimeSpan.FromHours(11))).Ran);
        var ended = Assert.Single((await system.Advance(TimeSpan.FromHours(2))).Ran);

        Assert.Equal((1, TaskOutcome.Completed, start.AddHours(12)), (ended.Attempt, ended.Outcome, ended.EndedAt));
    }

    [Fact]
    public async Task Advance_PastATimeLimit_EndsTheAttempt()
    {
        await using var system = await JobSystemHost.StartInMemory(x =>
        {
            x.MapTask("hang", async (TimeProvider time, CancellationToken ct) => await Task.Delay(TimeSpan.FromDays(1), time, ct))
                .WithTimeout(TimeSpan.FromMinutes(5)).WithMaxRetries(0);
            x.MapTask("signal", async (CancellationToken ct) => await Task.Delay(Timeout.Infinite, ct)).WithTimeout(TimeSpan.FromMinutes(7)).WithMaxRetries(0);
        });
        system.Patience = TimeSpan.FromSeconds(1);
        await system.Client.Jobs.Create(new() { TaskName = "hang", JobId = "hang" });
        await system.Client.Jobs.Create(new() { TaskName = "signal", JobId = "signal" });

        Assert.Equal(["running", "waits_for_clock"], (await system.Drain()).Waiting.Select(x => x.Code).Order());
        var run = await system.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(
            [("hang", TaskOutcome.TimedOut, 5), ("signal", TaskOutcome.TimedOut, 7)], run.Ran.Select(x => (x.JobId, x.Outcome, (int)(x.EndedAt - start).TotalMinutes)));
        Assert.Equal("timeout", (await system.Client.Jobs.Get("hang")).Status);
        Assert.Empty(run.Waiting);
    }

    [Fact]
    public async Task Drain_AJobThatIsCancelled_StopsItsTask()
    {
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask("send_mail", (string to, TimeProvider time, CancellationToken ct) =>
            Task.Delay(TimeSpan.FromMinutes(1), time, ct)));
        var mail = await system.Jobs.Enqueue(new SendMail("ann"));
        await system.Drain();

        await mail.Cancel("not wanted");
        var run = await system.Drain();

        Assert.Equal(TaskOutcome.Cancelled, Assert.Single(run.Ran).Outcome);
        Assert.Equal("cancelled", (await system.Client.Jobs.Get(mail.Id)).Status);
    }

    [Fact]
    public async Task Drain_JobsThatCannotRun_AreNamedWithWhatToDo()
    {
        await using var system = await JobSystemHost.StartInMemory(
            x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask), x => x.Configure<JobWorkerOptions>(y => y.Queues = ["default"]));
        var watch = Stopwatch.StartNew();
        await system.Jobs.Enqueue(new SendMail("bob"), x => x.Queue("elsewhere"));
        await system.Jobs.Enqueue(new SendMail("first"));
        await system.Drain();
        await system.Client.Queues.Pause("default");
        var mail = await system.Jobs.Enqueue(new SendMail("ann"), x => x.ExpireAfter(TimeSpan.FromHours(1)));

        var run = await system.Drain();

        output.WriteLine($"{run}");
        Assert.Empty(run.Ran);
        Assert.Equal("queue_paused", run.Waiting.Single(x => x.JobId == mail.Id).Code);
        Assert.Contains("Client.Queues.Resume(\"default\")", run.Waiting.Single(x => x.JobId == mail.Id).Reason, StringComparison.Ordinal);
        Assert.Contains("Resume", Assert.Throws<InvalidOperationException>(run.ShouldHaveNothingWaiting).Message, StringComparison.Ordinal);
        await system.Client.Queues.Resume("default");
        Assert.Equal("send_mail", Assert.Single((await system.Drain()).Ran).TaskName);
        var elsewhere = Assert.Single((await system.Advance(TimeSpan.FromDays(1))).Waiting);
        Assert.Equal("no_worker", elsewhere.Code);
        Assert.Contains("JobWorkerOptions.Queues", elsewhere.Reason, StringComparison.Ordinal);
        Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{watch.Elapsed}");
    }

    [Fact]
    public async Task Advance_PastTheExpiryOfAJob_ExpiresIt()
    {
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask));
        await system.Jobs.Enqueue(new SendMail("first"));
        await system.Drain();
        await system.Client.Queues.Pause("default");
        var mail = await system.Jobs.Enqueue(new SendMail("ann"), x => x.ExpireAfter(TimeSpan.FromHours(1)));

        var run = await system.Advance(TimeSpan.FromHours(2));

        Assert.Empty(run.Ran);
        Assert.Empty(run.Waiting);
        Assert.Equal(("expired", start.AddHours(1)), ((await system.Client.Jobs.Get(mail.Id)).Status, (await system.Client.Jobs.Get(mail.Id)).CompletedAt));
    }

    [Fact]
    public async Task Advance_PastTheRetention_RemovesJobs()
    {
        await using var system = await JobSystemHost.StartInMemory(
            x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask),
            x => x.Configure<JobSystemHostOptions>(y => y.Settings["JOBSYSTEM_RETENTION_DAYS"] = "7"));
        await system.Jobs.Enqueue(new SendMail("ann"));

        await system.Advance(TimeSpan.FromDays(6));
        await system.ShouldHaveEnqueued<SendMail>();
        await system.Advance(TimeSpan.FromDays(2));

        await system.ShouldHaveEnqueuedNothing();
    }

    [Fact]
    public async Task Advance_AQueueWithARate_StartsJobsWhenItAllows()
    {
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask));
        await system.Jobs.Enqueue(new SendMail("first"));
        await system.Drain();
        await system.Client.Queues.Put("default", new() { RateLimit = new() { Limit = 1, Period = 60 } });
        await system.Jobs.EnqueueMany(Enumerable.Range(0, 5).Select(x => new SendMail($"{x}")));

        var first = await system.Drain();
        var rest = await system.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal((1, 4), (first.Ran.Count, first.Waiting.Count(x => x.Code == "rate_limit")));
        Assert.Equal([1, 2, 3, 4], rest.Ran.Select(x => (int)Math.Round((x.EndedAt - start).TotalMinutes)));
    }

    [Fact]
    public async Task StartInMemory_SeveralAtOnce_DoNotSeeEachOther()
    {
        await Task.WhenAll(Enumerable.Range(1, 3).Select(async n =>
        {
            await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask));
            await system.Jobs.EnqueueMany(Enumerable.Range(0, n).Select(x => new SendMail($"{n}")));

            var run = await system.Advance(TimeSpan.FromDays(n));

            Assert.Equal(n, run.Ran.Count);
            Assert.Equal(start.AddDays(n), system.Time.GetUtcNow());
            Assert.All(await system.Enqueued<SendMail>(), x => Assert.Equal(($"{n}", "completed"), (x.Job.To, x.State.Status)));
        }));
    }

    [Fact]
    public async Task StartInMemory_WhatIsWrong_IsSaid()
    {
        var clock = await Assert.ThrowsAsync<InvalidOperationException>(() => JobSystemHost.StartInMemory(x => { }, x => x.AddSingleton(TimeProvider.System)));
        Assert.Contains("startAt", clock.Message, StringComparison.Ordinal);
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => system.Advance(TimeSpan.FromSeconds(-1)));
        await system.Jobs.Enqueue(new SendMail("ann"), x => x.Delay(TimeSpan.FromHours(1)));
        var none = await Assert.ThrowsAsync<InvalidOperationException>(() => system.ShouldHaveEnqueued<SendMail>(x => x.To == "eve"));
        Assert.Equal("Expected one job SendMail that fits, found 0. Enqueued: send_mail {\"to\":\"ann\"} (pending)", none.Message);
        await Assert.ThrowsAsync<InvalidOperationException>(system.ShouldHaveEnqueuedNothing);
    }

    [Fact]
    public async Task StartInMemory_WithoutTasks_Starts()
    {
        await using var system = await JobSystemHost.StartInMemory(x => { }).WaitAsync(TimeSpan.FromSeconds(60));

        await system.ShouldHaveEnqueuedNothing();
    }

    [Fact]
    public async Task StartInMemory_AWorkerThatIsRefused_Fails()
    {
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => JobSystemHost.StartInMemory(
            x => x.MapTask("long", () => 1).WithTimeout(TimeSpan.FromDays(10_000))).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Contains("timeout", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartInMemory_ServicesThatBringAClockUnlessThereIsOne_GetThatOfTheTest()
    {
        await using var system = await JobSystemHost.StartInMemory(
            x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask), x => x.TryAddSingleton(TimeProvider.System));

        Assert.Same(system.Time, system.Services.GetRequiredService<TimeProvider>());
    }

    [Fact]
    public async Task StartInMemory_AServiceThatCannotStartOrStop_IsDisposedAndItsFirstErrorThrown()
    {
        var service = new Broken();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => JobSystemHost.StartInMemory(
            x => x.MapTask<SendMail>((job, run, ct) => Task.CompletedTask), x => x.AddSingleton<IHostedService>(_ => service)));

        Assert.Equal(("cannot start", true), (error.Message, service.IsDisposed));
    }

    [Fact]
    public async Task Drain_ATaskThatWasNotWaitedForBefore_IsWaitedForAgain()
    {
        var end = new TaskCompletionSource();
        await using var system = await JobSystemHost.StartInMemory(x => x.MapTask<SendMail>((job, run, ct) => end.Task));
        await system.Jobs.Enqueue(new SendMail("ann"));
        system.Patience = TimeSpan.FromSeconds(0.5);
        Assert.Equal("running", Assert.Single((await system.Drain()).Waiting).Code);

        system.Patience = TimeSpan.FromSeconds(60);
        var draining = system.Drain();
        await Task.Delay(TimeSpan.FromSeconds(1));
        end.SetResult();

        Assert.Single((await draining).Ran);
    }

    sealed class Broken : IHostedService, IDisposable
    {
        public bool IsDisposed { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("cannot start");

        public Task StopAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("cannot stop");

        public void Dispose() => IsDisposed = true;
    }

    static RawJson Json(object value) => RawJson.From(System.Text.Json.JsonSerializer.SerializeToElement(value));
}
