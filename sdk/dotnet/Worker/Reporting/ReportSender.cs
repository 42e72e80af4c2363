using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Reporting;

/// <summary>
/// Sends the reports of attempts: one step per attempt and message, with everything since its last report. The content of a report
/// that cannot be sent stays with its attempt and is sent later, so that memory is bounded by the number of slots.
/// </summary>
sealed partial class ReportSender
{
    const int MaxBatch = 256;
    const int MaxMessageBytes = 1024 * 1024;
    static readonly TimeSpan delay = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan shortestPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(5);

    /// <summary>How long after the end of its lease a report is dropped, because JobApi would refuse it.</summary>
    static readonly TimeSpan dropAfter = TimeSpan.FromMinutes(10);

    readonly WorkerIdentity identity;
    readonly IWorkerTransport transport;
    readonly TimeProvider time;
    readonly ILogger<ReportSender> logger;
    readonly NaturalBatcher<Item> batcher;
    readonly Lock sync = new();
    readonly ITimer timer;
    HashSet<PendingReport> delayed = [];
    TimeSpan pause;

    public ReportSender(WorkerIdentity identity, IWorkerTransport transport, TimeProvider time, ILogger<ReportSender> logger)
    {
        (this.identity, this.transport, this.time, this.logger) = (identity, transport, time, logger);
        // One at a time, to keep the steps of an attempt in order
        batcher = new(MaxBatch, 1, Send);
        timer = time.CreateTimer(_ => EnqueueAllDelayed(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Called when the last report of an attempt has been sent, or was dropped.</summary>
    public Action<AttemptKey>? OnDelivered { get; set; }

    public Task Run() => batcher.Run();

    public void Complete() => batcher.Complete();

    /// <summary>Schedules a report of the attempt.</summary>
    public void Enqueue(PendingReport pending)
    {
        if (pending.TryQueue())
        {
            batcher.Add(new(pending, null));
        }
    }

    /// <summary>Schedules a report of the attempt after a short delay, to combine it with what happens meanwhile.</summary>
    public void EnqueueDelayed(PendingReport pending)
    {
        lock (sync)
        {
            delayed.Add(pending);
            if (delayed.Count == 1)
            {
                timer.Change(delay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Schedules a report about an attempt that never ran here.</summary>
    public void Enqueue(AttemptReport report) => batcher.Add(new(null, report));

    void EnqueueAllDelayed()
    {
        HashSet<PendingReport> all;
        lock (sync)
        {
            (all, delayed) = (delayed, []);
        }
        foreach (var pending in all)
        {
            Enqueue(pending);
        }
    }

    async Task Send(List<Item> items)
    {
        var batch = new List<Item>(items.Count);
        var size = 0;
        foreach (var item in items)
        {
            if ((item.Report ?? item.Pending!.TakeReport()) is not { } report)
            {
                continue;
            }
            var bytes = EstimateSize(report);
            if (batch.Count > 0 && size + bytes > MaxMessageBytes)
            {
                await SendMessage(batch);
                (batch, size) = ([], 0);
            }
            batch.Add(item with { Report = report });
            size += bytes;
        }
        if (batch.Count > 0)
        {
            await SendMessage(batch);
        }
    }

    async Task SendMessage(List<Item> batch)
    {
        var containsEnd = batch.Any(x => IsLast(x.Report!));
        if (containsEnd)
        {
            WorkerFailpoint.Hit("before_report");
        }
        try
        {
            var message = new ReportAttempts { WorkerId = identity.Id, Items = batch.ConvertAll(x => x.Report!) };
            await transport.Send(message, containsEnd);
            pause = TimeSpan.Zero;
        }
        catch (Exception exception)
        {
            LogUnsent(exception, batch.Count);
            await PutBack(batch);
            return;
        }
        foreach (var item in batch.Where(x => x.Pending is not null))
        {
            item.Pending!.SetDelivered();
            if (IsLast(item.Report!))
            {
                OnDelivered?.Invoke(item.Pending.Key);
            }
        }
    }

    /// <summary>Schedules unsent reports again after a pause, which grows with each failure.</summary>
    async Task PutBack(List<Item> batch)
    {
        pause = TimeSpan.FromTicks(Math.Clamp(pause.Ticks * 2, shortestPause.Ticks, longestPause.Ticks));
        await Task.Delay(pause, time);
        foreach (var item in batch)
        {
            if (item.Pending is not { } pending)
            {
                batcher.Add(item);
                continue;
            }
            pending.PutBack(item.Report!);
            if (pending.LeaseLeft < -dropAfter)
            {
                LogDropped(pending.Key.JobId, pending.Key.Attempt, item.Report!.Step);
                OnDelivered?.Invoke(pending.Key);
            }
            else
            {
                Enqueue(pending);
            }
        }
    }

    static bool IsLast(AttemptReport report) => report.Step is not (AttemptStep.Started or AttemptStep.Progress);

    static int EstimateSize(AttemptReport report) =>
        200 + LengthOf(report.Result) + (report.FollowUps?.Sum(x => LengthOf(x)) ?? 0)
        + (report.Error is { } error ? error.Message.Length + (error.Stack?.Length ?? 0) : 0)
        + (report.Logs?.Sum(x => x.Message.Length + 100 + LengthOf(x.Fields)) ?? 0);

    static int LengthOf(JsonElement? json) => json is { } value ? JsonMarshal.GetRawUtf8Value(value).Length : 0;

    [LoggerMessage(5021, LogLevel.Warning, "Could not send {Count} reports, retrying")]
    partial void LogUnsent(Exception exception, int count);

    [LoggerMessage(5022, LogLevel.Error, "Dropped report '{Step}' of job {JobId} attempt {Attempt}: it could not be sent in time")]
    partial void LogDropped(Guid jobId, int attempt, string step);

    readonly record struct Item(PendingReport? Pending, AttemptReport? Report);
}
