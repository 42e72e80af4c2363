using System.Runtime.InteropServices;
using JobSystem.Contracts;
using JobSystem.Worker.Bus;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>
/// Sends what happened to attempts: one step per attempt and message, holding all that gathered since the last one. What cannot be sent
/// stays with its attempt and is sent later, so that memory is bounded by the slots.
/// </summary>
sealed partial class ReportSender
{
    const int MaxBatch = 256;
    const int MaxMessageWeight = 1024 * 1024;
    static readonly TimeSpan soon = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(5);
    static readonly TimeSpan hopelessAfter = TimeSpan.FromMinutes(10);

    readonly WorkerIdentity identity;
    readonly BusSender bus;
    readonly TimeProvider time;
    readonly ILogger<ReportSender> logger;
    readonly NaturalBatcher<Item> batcher;
    readonly Lock sync = new();
    readonly ITimer timer;
    HashSet<AttemptRun> touched = [];
    TimeSpan pause;

    public ReportSender(WorkerIdentity identity, BusSender bus, TimeProvider time, ILogger<ReportSender> logger)
    {
        (this.identity, this.bus, this.time, this.logger) = (identity, bus, time, logger);
        // One at a time, to keep the steps of an attempt in order
        batcher = new(MaxBatch, 1, Send);
        timer = time.CreateTimer(_ => TouchAll(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Called when the last report of an attempt has been sent.</summary>
    public Action<AttemptRun>? OnDelivered { get; set; }

    public Task Run() => batcher.Run();

    public void Complete() => batcher.Complete();

    /// <summary>Schedules a report of the attempt.</summary>
    public void Touch(AttemptRun run)
    {
        if (run.TryQueue())
        {
            batcher.Add(new(run, null));
        }
    }

    /// <summary>Schedules a report of the attempt that may wait to be combined with others.</summary>
    public void TouchSoon(AttemptRun run)
    {
        lock (sync)
        {
            touched.Add(run);
            if (touched.Count == 1)
            {
                timer.Change(soon, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>A report about an attempt that never ran here.</summary>
    public void Add(AttemptReport report) => batcher.Add(new(null, report));

    void TouchAll()
    {
        HashSet<AttemptRun> all;
        lock (sync)
        {
            (all, touched) = (touched, []);
        }
        foreach (var run in all)
        {
            Touch(run);
        }
    }

    async Task Send(List<Item> items)
    {
        var batch = new List<Item>(items.Count);
        var weight = 0;
        foreach (var item in items)
        {
            if ((item.Report ?? item.Run!.TakeReport()) is not { } report)
            {
                continue;
            }
            var more = Weigh(report);
            if (batch.Count > 0 && weight + more > MaxMessageWeight)
            {
                await SendMessage(batch);
                (batch, weight) = ([], 0);
            }
            batch.Add(item with { Report = report });
            weight += more;
        }
        if (batch.Count > 0)
        {
            await SendMessage(batch);
        }
    }

    async Task SendMessage(List<Item> batch)
    {
        var matters = batch.Any(x => IsLast(x.Report!));
        if (matters)
        {
            WorkerFailpoint.Hit("before_report");
        }
        try
        {
            var message = new ReportAttempts { WorkerId = identity.Id, Items = batch.ConvertAll(x => x.Report!) };
            await bus.Send(BusAddresses.Lifecycle, message, durable: matters, CancellationToken.None);
            pause = TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            LogUnsent(exception, batch.Count);
            await PutBack(batch);
            return;
        }
        foreach (var item in batch.Where(x => x.Run is not null && IsLast(x.Report!)))
        {
            OnDelivered?.Invoke(item.Run!);
        }
    }

    async Task PutBack(List<Item> batch)
    {
        pause = TimeSpan.FromTicks(Math.Clamp(pause.Ticks * 2, TimeSpan.FromMilliseconds(200).Ticks, longestPause.Ticks));
        await Task.Delay(pause, time);
        foreach (var item in batch)
        {
            if (item.Run is { } run)
            {
                run.PutBack(item.Report!);
                if (run.LeaseLeft < -hopelessAfter)
                {
                    // The lease has expired long ago, so the report would be refused
                    LogDropped(run.Key.JobId, run.Key.Attempt, item.Report!.Step);
                    OnDelivered?.Invoke(run);
                    continue;
                }
                Touch(run);
            }
            else
            {
                batcher.Add(item);
            }
        }
    }

    static bool IsLast(AttemptReport report) => report.Step is not (AttemptStep.Started or AttemptStep.Progress);

    static int Weigh(AttemptReport report) =>
        200 + (report.Result is { } result ? JsonMarshal.GetRawUtf8Value(result).Length : 0)
        + (report.Error is { } error ? error.Message.Length + (error.Stack?.Length ?? 0) : 0)
        + (report.Logs?.Sum(x => x.Message.Length + 100 + (x.Fields is { } fields ? JsonMarshal.GetRawUtf8Value(fields).Length : 0)) ?? 0);

    [LoggerMessage(5021, LogLevel.Warning, "Could not send {Count} reports, retrying")]
    partial void LogUnsent(Exception exception, int count);

    [LoggerMessage(5022, LogLevel.Error, "Dropped report '{Step}' of job {JobId} attempt {Attempt}: it could not be sent in time")]
    partial void LogDropped(Guid jobId, int attempt, string step);

    readonly record struct Item(AttemptRun? Run, AttemptReport? Report);
}
