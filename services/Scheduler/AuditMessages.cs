using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;

namespace JobSystem.Scheduler;

/// <summary>
/// Sends audit entries to JobApi, which has the table, many in one message. An entry counts as written when the broker has confirmed the
/// durable message. While the broker is unavailable, entries wait in memory.
/// </summary>
sealed partial class AuditMessages(IBus bus, TimeProvider time, ILogger<AuditMessages> logger) : BackgroundDuty, IAuditTrail, IDisposable
{
    const int PerMessage = 100;
    const int MaxWaiting = 10_000;
    static readonly Uri address = new($"exchange:{BusAddresses.Audit}");
    static readonly TimeSpan callerWait = TimeSpan.FromSeconds(2);
    static readonly TimeSpan confirmTimeout = TimeSpan.FromSeconds(5);
    readonly LinkedList<Waiting> waiting = [];
    readonly SemaphoreSlim signal = new(0);
    volatile bool isUnavailable;

    public async Task Write(AuditEntry entry)
    {
        if (TryMeasure(entry) is not { } bytes)
        {
            return;
        }
        var item = new Waiting(entry, bytes, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (waiting)
        {
            waiting.AddLast(item);
            for (; waiting.Count > MaxWaiting; waiting.RemoveFirst())
            {
                LogLost(waiting.First!.Value.Entry, $"more than {MaxWaiting} entries wait for the broker");
            }
        }
        signal.Release();
        if (isUnavailable)
        {
            return;
        }
        try
        {
            await item.Sent.Task.WaitAsync(callerWait, time);
        }
        catch (TimeoutException)
        {
            LogLate(entry.Action, entry.Actor);
        }
    }

    protected override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected override Task Wait(CancellationToken stoppingToken) => signal.WaitAsync(stoppingToken);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        while (NextBatch() is { Length: > 0 } items)
        {
            try
            {
                await Send(items, stoppingToken);
            }
            catch
            {
                isUnavailable = true;
                throw;
            }
            isUnavailable = false;
            Remove(items);
            Progressed();
        }
    }

    protected override async Task Finish(CancellationToken cancellationToken)
    {
        try
        {
            await Work(cancellationToken);
        }
        catch (Exception exception)
        {
            lock (waiting)
            {
                foreach (var item in waiting)
                {
                    LogLost(item.Entry, $"the service stops while the broker is unavailable: {exception.GetBaseException().Message}");
                }
            }
        }
    }

    async Task Send(Waiting[] items, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(confirmTimeout);
        var endpoint = await bus.GetSendEndpoint(address).WaitAsync(deadline.Token);
        var message = new RecordAudit { Items = [.. items.Select(x => Item(x.Entry))] };
        // Mandatory, because without a queue (JobApi has never run) the broker would confirm the message and drop it
        await endpoint.Send(message, Pipe.Execute<SendContext<RecordAudit>>(send =>
        {
            if (send.TryGetPayload(out RabbitMqSendContext? rabbit))
            {
                rabbit.Mandatory = true;
            }
        }), deadline.Token).WaitAsync(deadline.Token);
    }

    Waiting[] NextBatch()
    {
        lock (waiting)
        {
            return [.. MessageSize.Cut(waiting.Take(PerMessage), x => x.Bytes).FirstOrDefault() ?? []];
        }
    }

    void Remove(Waiting[] items)
    {
        lock (waiting)
        {
            Array.ForEach(items, x => waiting.Remove(x));
        }
        Array.ForEach(items, x => x.Sent.TrySetResult());
    }

    /// <summary>
    /// Returns the size of an entry. Returns null if it cannot be serialized: it is dropped, because it would block all later ones.
    /// </summary>
    int? TryMeasure(AuditEntry entry)
    {
        try
        {
            return MessageSize.Measure(Item(entry));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            LogLost(entry, $"it cannot be written as JSON: {exception.Message}");
            return null;
        }
    }

    static RecordAuditItem Item(AuditEntry entry) => new()
    {
        Key = entry.Key,
        At = entry.At,
        Actor = entry.Actor,
        Credential = entry.Credential,
        Surface = entry.Surface,
        Action = entry.Action,
        ObjectType = entry.ObjectType,
        ObjectId = entry.ObjectId,
        Address = entry.Address,
        Outcome = entry.Outcome,
        Status = entry.Status,
        Code = entry.Code,
        Details = entry.Details,
        TraceId = entry.TraceId,
    };

    void LogLost(AuditEntry entry, string reason) =>
        LogLost(entry.At, entry.Actor, entry.Surface, entry.Action, entry.ObjectType, entry.ObjectId, entry.Outcome, reason);

    public void Dispose() => signal.Dispose();

    sealed record Waiting(AuditEntry Entry, int Bytes, TaskCompletionSource Sent);

    [LoggerMessage(3062, LogLevel.Error, "Audit entry of {Action} by {Actor} was not sent in time; the response was sent first")]
    partial void LogLate(string action, string actor);

    [LoggerMessage(3063, LogLevel.Error, "Audit entry lost: {At} {Actor} {Surface} {Action} {ObjectType} {ObjectId} {Outcome}: {Reason}")]
    partial void LogLost(
        DateTimeOffset at, string actor, string surface, string action, string? objectType, string? objectId, string outcome, string reason);
}
