using JobSystem.Contracts;
using JobSystem.ServiceDefaults.Audit;
using MassTransit;

namespace JobSystem.Scheduler;

/// <summary>
/// Sends entries to JobApi, which has the table, many in one message. Written means that the broker has confirmed the durable message;
/// while there is no broker they wait in memory.
/// </summary>
sealed partial class AuditMessages(IBus bus, TimeProvider time, ILogger<AuditMessages> logger) : BackgroundService, IAuditTrail
{
    const int PerMessage = 100;
    const int MostWaiting = 10_000;
    static readonly Uri address = new($"exchange:{BusAddresses.Audit}");
    static readonly TimeSpan patience = TimeSpan.FromSeconds(2);
    static readonly TimeSpan confirmation = TimeSpan.FromSeconds(5);
    static readonly TimeSpan pause = TimeSpan.FromSeconds(1);
    readonly LinkedList<Waiting> waiting = [];
    readonly SemaphoreSlim signal = new(0);
    volatile bool isAway;

    public async Task Write(AuditEntry entry)
    {
        var item = new Waiting(entry, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (waiting)
        {
            waiting.AddLast(item);
            for (; waiting.Count > MostWaiting; waiting.RemoveFirst())
            {
                LogLost(waiting.First!.Value.Entry, $"more than {MostWaiting} entries wait for the broker");
            }
        }
        signal.Release();
        if (isAway)
        {
            return;
        }
        try
        {
            await item.Sent.Task.WaitAsync(patience, time);
        }
        catch (TimeoutException)
        {
            LogLate(entry.Action, entry.Actor);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await signal.WaitAsync(stoppingToken);
            while (First() is { Length: > 0 } items)
            {
                if (!await TrySend(items, stoppingToken))
                {
                    await Task.Delay(pause, time, stoppingToken);
                }
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        while (First() is { Length: > 0 } items && await TrySend(items, cancellationToken))
        {
            // Until nothing is left, or the broker is away
        }
        lock (waiting)
        {
            foreach (var item in waiting)
            {
                LogLost(item.Entry, "the service stops and the broker is away");
            }
        }
    }

    async Task<bool> TrySend(Waiting[] items, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(confirmation);
        try
        {
            var endpoint = await bus.GetSendEndpoint(address).WaitAsync(deadline.Token);
            var message = new RecordAudit { Items = [.. items.Select(x => Item(x.Entry))] };
            // Mandatory: while JobApi has never run there is no queue, and the message would be confirmed and gone
            await endpoint.Send(message, Pipe.Execute<SendContext<RecordAudit>>(send =>
            {
                if (send.TryGetPayload(out RabbitMqSendContext? rabbit))
                {
                    rabbit.Mandatory = true;
                }
            }), deadline.Token).WaitAsync(deadline.Token);
        }
        catch (Exception away) when (!cancellationToken.IsCancellationRequested)
        {
            isAway = true;
            LogUnsent(items.Length, away.GetBaseException().Message);
            return false;
        }
        isAway = false;
        Remove(items);
        return true;
    }

    Waiting[] First()
    {
        lock (waiting)
        {
            return [.. waiting.Take(PerMessage)];
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

    void LogLost(AuditEntry entry, string reason) => LogLost(entry.At, entry.Actor, entry.Surface, entry.Action, entry.ObjectType, entry.ObjectId, entry.Outcome, reason);

    public override void Dispose()
    {
        signal.Dispose();
        base.Dispose();
    }

    sealed record Waiting(AuditEntry Entry, TaskCompletionSource Sent);

    [LoggerMessage(461, LogLevel.Error, "{Count} audit entries cannot be sent now and wait in memory: {Reason}")]
    partial void LogUnsent(int count, string reason);

    [LoggerMessage(462, LogLevel.Error, "The audit entry of {Action} by {Actor} was not sent in time; the answer went out before it")]
    partial void LogLate(string action, string actor);

    [LoggerMessage(463, LogLevel.Error, "Audit entry lost: {At} {Actor} {Surface} {Action} {ObjectType} {ObjectId} {Outcome}: {Reason}")]
    partial void LogLost(DateTimeOffset at, string actor, string surface, string action, string? objectType, string? objectId, string outcome, string reason);
}
