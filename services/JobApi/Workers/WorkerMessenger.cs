using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.JobApi.Sessions;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;

namespace JobSystem.JobApi.Workers;

/// <summary>Sends messages to workers. Sends of grants are awaited; cancels and revocations may be lost, because heartbeats repeat them.</summary>
public sealed partial class WorkerMessenger(IBus bus, ILogger<WorkerMessenger> logger) : BackgroundDuty
{
    static readonly TimeSpan sendDeadline = TimeSpan.FromSeconds(10);
    readonly Channel<Note> notes = Channel.CreateBounded<Note>(new BoundedChannelOptions(20_000) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Cancel(string workerId, AttemptControl attempt) => notes.Writer.TryWrite(new(workerId, attempt, Revoke: false));

    public void Revoke(string workerId, AttemptControl attempt) => notes.Writer.TryWrite(new(workerId, attempt, Revoke: true));

    public async Task Send<T>(string workerId, T message, CancellationToken cancellationToken) where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(sendDeadline);
        var endpoint = await bus.GetSendEndpoint(new Uri($"exchange:{BusAddresses.ExecutorInbox(workerId)}?durable=false&autodelete=true"));
        await endpoint.Send(message, deadline.Token);
    }

    protected override async Task Wait(CancellationToken stoppingToken) => await notes.Reader.WaitToReadAsync(stoppingToken);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        var batch = new List<Note>();
        while (batch.Count < 500 && notes.Reader.TryRead(out var note))
        {
            batch.Add(note);
        }
        foreach (var group in batch.GroupBy(x => (x.WorkerId, x.Revoke)))
        {
            foreach (var part in MessageSize.Cut(group.Select(x => x.Attempt), MessageSize.Measure))
            {
                await SendNotes(group.Key.WorkerId, group.Key.Revoke, part, stoppingToken);
            }
        }
    }

    async Task SendNotes(string workerId, bool revoke, List<AttemptControl> items, CancellationToken stoppingToken)
    {
        try
        {
            await (WorkerSession.IsId(workerId)
                ? Publish(new() { WorkerId = workerId, Cancel = revoke ? [] : items, Revoke = revoke ? items : [] }, stoppingToken)
                : revoke ? Send(workerId, new RevokeAttempts { Items = items }, stoppingToken)
                : Send(workerId, new CancelAttempts { Items = items }, stoppingToken));
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogUnsent(exception, workerId, items.Count);
        }
    }

    async Task Publish(SessionNotice notice, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(sendDeadline);
        await bus.Publish(notice, x => x.Durable = false, deadline.Token);
    }

    [LoggerMessage(2121, LogLevel.Warning, "Could not send {Count} control messages to worker {WorkerId}; they are repeated after its next heartbeat")]
    partial void LogUnsent(Exception exception, string workerId, int count);

    readonly record struct Note(string WorkerId, AttemptControl Attempt, bool Revoke);
}
