using System.Collections.Concurrent;
using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;
using MassTransit.Serialization;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// Publishes tickets with publisher confirms. The job's row is the outbox: if a ticket is dropped or lost here, <c>dispatched_at</c> stays
/// null, and the row's timer publishes the ticket again.
/// </summary>
public sealed partial class TicketDispatcher(
    IJobStore store, JobQueues queues, IBrokerQueues broker, IBus bus, TimeProvider time, IOptions<LifecycleOptions> options, ILogger<TicketDispatcher> logger) :
    BackgroundDuty, IDisposable
{
    const int MaxUnconfirmed = 4096;
    const int MaxQueued = 200_000;
    static readonly TimeSpan sendDeadline = TimeSpan.FromSeconds(10);

    /// <summary>A confirmation is stored only if the job still waits after this time; most jobs have been claimed by then.</summary>
    readonly TimeSpan markAfter = options.Value.DispatchCheck / 2;
    static readonly IMessageSerializer bare = new SystemTextJsonRawMessageSerializer(RawSerializerOptions.AnyMessageType);

    readonly Channel<Ticket> queue = Channel.CreateBounded<Ticket>(new BoundedChannelOptions(MaxQueued) { FullMode = BoundedChannelFullMode.Wait });
    readonly ConcurrentDictionary<Guid, Known> known = new();
    readonly ConcurrentDictionary<QueuedTask, Task<ISendEndpoint>> endpoints = new();
    readonly SemaphoreSlim unconfirmed = new(MaxUnconfirmed);
    long lastFailure = long.MinValue;

    /// <summary>False for some seconds after a send failed; meanwhile the poller leaves waiting jobs alone.</summary>
    public bool BrokerAnswers => lastFailure == long.MinValue || time.GetElapsedTime(lastFailure) > TimeSpan.FromSeconds(5);

    /// <summary>Number of tickets that wait to be sent.</summary>
    public int Backlog => queue.Reader.Count;

    /// <summary>Time since the job of the oldest queued ticket became ready.</summary>
    public TimeSpan OldestAge => queue.Reader.TryPeek(out var first) && first.Message.ReadyAt is { } ready
        ? time.GetUtcNow() - UnixTime.FromMicroseconds(ready)
        : TimeSpan.Zero;

    /// <summary>True while the job's ticket is queued here or not yet confirmed by the broker.</summary>
    public bool IsSending(Guid jobId) => known.TryGetValue(jobId, out var ticket) && ticket.ConfirmedAt is null;

    public void Enqueue(JobState job)
    {
        known[job.CorrelationId] = new(job.Version, ConfirmedAt: null);
        if (!queue.Writer.TryWrite(new(job.QueuedTask, job.Version, TicketOf(job))))
        {
            known.TryRemove(job.CorrelationId, out _);
        }
    }

    public static RunAttempt TicketOf(JobState job) => new()
    {
        JobId = job.CorrelationId,
        Attempt = job.Attempt + 1,
        TaskName = job.TaskName,
        Version = job.TaskVersion,
        Priority = job.Priority,
        ReadyAt = UnixMicroseconds(job.ReadyAt),
    };

    /// <summary>The job has been claimed, so the confirmation of its ticket need not be stored.</summary>
    public void Claimed(Guid jobId) => known.TryRemove(jobId, out _);

    protected override bool IsVital => true;

    protected override Task Begin(CancellationToken cancellationToken)
    {
        JobMetrics.ObserveTickets(() => Backlog, () => OldestAge);
        return Task.CompletedTask;
    }

    protected override async Task Wait(CancellationToken stoppingToken) => await queue.Reader.WaitToReadAsync(stoppingToken);

    /// <summary>A single loop starts the sends, so tickets reach the channel in order; confirms are awaited concurrently.</summary>
    protected override async Task Work(CancellationToken stoppingToken)
    {
        while (queue.Reader.TryRead(out var ticket))
        {
            await unconfirmed.WaitAsync(stoppingToken);
            _ = SendOne(ticket, stoppingToken);
            Progressed();
        }
    }

    async Task SendOne(Ticket ticket, CancellationToken stoppingToken)
    {
        try
        {
            await Send(ticket, stoppingToken);
            JobMetrics.TicketSent();
            // Does nothing if the job has been claimed meanwhile, or a newer ticket is being sent
            known.TryUpdate(ticket.JobId, new(ticket.Version, time.GetTimestamp()), new(ticket.Version, null));
        }
        catch (Exception exception)
        {
            if (!stoppingToken.IsCancellationRequested)
            {
                NoteFailure(ticket, exception);
            }
        }
        finally
        {
            unconfirmed.Release();
        }
    }

    async Task Send(Ticket ticket, CancellationToken stoppingToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        deadline.CancelAfter(sendDeadline);
        await queues.EnsureTickets(ticket.Task, deadline.Token);
        var endpoint = await endpoints.GetOrAdd(ticket.Task, task => bus.GetSendEndpoint(broker.Address(task)));
        await endpoint.Send(ticket.Message, new TicketPipe(ticket.Message.Priority), deadline.Token);
    }

    void NoteFailure(Ticket ticket, Exception exception)
    {
        JobMetrics.TicketFailed();
        var first = BrokerAnswers;
        Interlocked.Exchange(ref lastFailure, time.GetTimestamp());
        known.TryRemove(new(ticket.JobId, new(ticket.Version, null)));
        broker.Forget(ticket.Task);
        if (first)
        {
            LogUnsent(exception, ticket.JobId, ticket.Task.QueueName);
        }
    }

    /// <summary>Stores the confirmations of tickets whose jobs still wait.</summary>
    internal async Task MarkConfirmed(CancellationToken cancellationToken)
    {
        var old = known.Where(x => x.Value.ConfirmedAt is { } at && time.GetElapsedTime(at) >= markAfter).ToList();
        foreach (var chunk in old.Chunk(1000))
        {
            await store.MarkDispatched([.. chunk.Select(x => new DispatchedTicket(x.Key, x.Value.Version))], cancellationToken);
            foreach (var item in chunk)
            {
                known.TryRemove(item);
            }
        }
    }

    public void Dispose() => unconfirmed.Dispose();

    static long UnixMicroseconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    [LoggerMessage(2101, LogLevel.Warning, "Could not publish the ticket of job {JobId} to queue {QueueName}; it is published again when the broker responds")]
    partial void LogUnsent(Exception exception, Guid jobId, string queueName);

    readonly record struct Ticket(QueuedTask Task, int Version, RunAttempt Message)
    {
        public Guid JobId => Message.JobId;
    }

    readonly record struct Known(int Version, long? ConfirmedAt);

    /// <summary>Sends without MassTransit's envelope and headers, because the queue carries only tickets.</summary>
    sealed class TicketPipe(byte priority) : IPipe<SendContext<RunAttempt>>
    {
        public Task Send(SendContext<RunAttempt> context)
        {
            context.Serializer = bare;
            context.ContentType = bare.ContentType;
            if (context.TryGetPayload(out RabbitMqSendContext? rabbit))
            {
                rabbit.Mandatory = true;
                rabbit.BasicProperties.Priority = priority;
            }
            return Task.CompletedTask;
        }

        public void Probe(ProbeContext context)
        {
        }
    }
}
