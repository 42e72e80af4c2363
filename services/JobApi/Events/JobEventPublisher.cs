using System.Runtime.InteropServices;
using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Events;

/// <summary>
/// Publishes committed steps, many per message. The history in the row is authoritative: a crash between the commit and the publish loses
/// only the message.
/// </summary>
public sealed partial class JobEventPublisher(IBus bus, IOptions<LifecycleOptions> options, ILogger<JobEventPublisher> logger) : BackgroundDuty
{
    const int MaxQueued = 100_000;
    const long MaxQueuedBytes = 32 << 20;
    const int MaxPerMessage = 500;

    /// <summary>Maximum size of details, and size of a step without further texts.</summary>
    const int SmallDetails = 256;
    const int SmallStep = 2048;

    /// <summary>Events are delayed slightly to combine them, because each message costs as much as a job.</summary>
    static readonly TimeSpan gather = TimeSpan.FromMilliseconds(50);
    readonly bool each = options.Value.Events == "each";

    /// <summary>Null if nobody is to hear them, or if there is no broker where others could.</summary>
    readonly OwnerEvents? ownerEvents = options.Value.Events == "owners" && bus.Address.Scheme != "loopback" ? new(bus) : null;
    readonly Channel<JobNews> queue = Channel.CreateBounded<JobNews>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    long queuedBytes;
    long dropped;

    /// <summary>Describes what waits to be published.</summary>
    internal long QueuedBytes => Interlocked.Read(ref queuedBytes);

    /// <summary>Counts and traces all committed steps.</summary>
    public void Enqueue(JobState job)
    {
        JobMetrics.Count(job);
        JobTraces.Follow(job);
        var news = JobNews.From(job, each);
        if (Interlocked.Add(ref queuedBytes, news.Bytes) > MaxQueuedBytes || !queue.Writer.TryWrite(news))
        {
            Interlocked.Add(ref queuedBytes, -news.Bytes);
            Interlocked.Increment(ref dropped);
        }
    }

    /// <summary>Waits until there is room in the queue; for many jobs at once.</summary>
    public async ValueTask Enqueue(JobState job, CancellationToken cancellationToken)
    {
        while (queue.Reader.Count > MaxQueued / 2 || Interlocked.Read(ref queuedBytes) > MaxQueuedBytes / 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        }
        Enqueue(job);
    }

    protected override async Task Wait(CancellationToken stoppingToken)
    {
        await (ownerEvents?.Declare(stoppingToken) ?? Task.CompletedTask);
        await queue.Reader.WaitToReadAsync(stoppingToken);
        if (queue.Reader.Count < MaxPerMessage)
        {
            await Task.Delay(gather, stoppingToken);
        }
    }

    protected override async Task Work(CancellationToken stoppingToken)
    {
        var jobs = new List<JobNews>();
        for (var count = 0; count < MaxPerMessage && queue.Reader.TryRead(out var job); count += job.Steps.Count)
        {
            Interlocked.Add(ref queuedBytes, -job.Bytes);
            jobs.Add(job);
        }
        if (jobs.Count > 0)
        {
            await Publish(jobs, stoppingToken);
        }
    }

    async Task Publish(List<JobNews> jobs, CancellationToken stoppingToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            foreach (var part in MessageSize.Cut(jobs.SelectMany(x => x.Steps), Measure))
            {
                await bus.Publish(new JobEvents { Items = part }, deadline.Token);
            }
            await (ownerEvents?.Send(jobs.SelectMany(x => x.Steps), Measure, deadline.Token) ?? Task.CompletedTask);
            foreach (var part in MessageSize.Cut(EndedOfSchedules(jobs), MessageSize.Measure))
            {
                await bus.Publish(new ScheduledJobsEnded { Items = part }, deadline.Token);
            }
            await Task.WhenAll(jobs.SelectMany(x => x.Singles).Select(message => bus.Publish(message, deadline.Token)));
            if (Interlocked.Exchange(ref dropped, 0) is > 0 and var missing)
            {
                LogDropped(missing);
            }
        }
        catch (Exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogLost(jobs.Count);
            throw;
        }
    }

    /// <summary>Size up to which steps are kept uncut.</summary>
    static int Measure(JobEvent step) =>
        step.Details is { } details && JsonMarshal.GetRawUtf8Value(details).Length > SmallDetails ? MessageSize.Measure(step) : SmallStep;

    static List<ScheduledJobEnded> EndedOfSchedules(List<JobNews> jobs) =>
    [
        .. from job in jobs
           where job.ScheduleId is not null
           from step in job.Steps
           where JobStatus.IsFinal(step.Event)
           select new ScheduledJobEnded { JobId = step.JobId, ScheduleId = job.ScheduleId!, Status = step.Event, At = step.At },
    ];

    [LoggerMessage(2111, LogLevel.Warning, "Could not publish the events of {Count} jobs; they are kept in the jobs' histories")]
    partial void LogLost(int count);

    [LoggerMessage(2112, LogLevel.Warning, "Dropped the events of {Count} jobs because the publish queue was full; they are kept in the jobs' histories")]
    partial void LogDropped(long count);
}
