using System.Diagnostics;
using JobSystem.Api;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace JobSystem.Testing.Tests;

public sealed class SystemTests(ITestOutputHelper output)
{
    [Job("make_invoice", MaxRetries = 3, RetryDelaySeconds = 60)]
    public sealed record MakeInvoice(int OrderId) : IJob<string>;

    [Job("send_mail")]
    public sealed record SendMail(string To) : IJob;

    [Job("unknown_here")]
    public sealed record Unknown : IJob;

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

        Assert.Equal([("make_invoice", 1, TaskOutcome.Completed), ("send_mail", 1, TaskOutcome.Completed)], run.Ran.Select(x => (x.TaskName, x.Attempt, x.Outcome)));
        Assert.Empty(run.Waiting);
        Assert.Equal("R-7", await invoice.Result());
        var mail = await system.ShouldHaveEnqueued<SendMail>(x => x.To == "customer 7");
        Assert.Equal(("completed", invoice.Id, start), (mail.State.Status, mail.State.ParentId, mail.State.CompletedAt));
        Assert.Empty((await system.Drain()).Ran);
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
            Kwargs = RawJson.From(System.Text.Json.JsonSerializer.SerializeToElement(new { to = "all" })),
        });

        var watch = Stopwatch.StartNew();
        var run = await system.Advance(TimeSpan.FromDays(31));
        output.WriteLine($"advanced in {watch.ElapsedMilliseconds} ms");

        Assert.Equal(31, run.RanOf<SendMail>().Count);
        // Summer time begins on 29 March
        Assert.Equal(Enumerable.Range(16, 31).Select(day => new DateTimeOffset(2026, 3, 1, day < 29 ? 7 : 6, 0, 0, TimeSpan.Zero).AddDays(day - 1)), times);
        Assert.Equal(times, run.Ran.Select(x => x.EndedAt));
        Assert.Equal("completed", (await system.Client.Schedules.Get(schedule.Id)).LastOutcome);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
    }
}
