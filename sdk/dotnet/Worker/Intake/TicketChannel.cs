using System.Collections.Concurrent;
using JobSystem.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobSystem.Worker.Intake;

/// <summary>
/// One connection and one channel with a consumer for each kind of ticket. After any failure it is replaced as a whole; the broker requeues
/// all tickets that were not acknowledged.
/// </summary>
sealed class TicketChannel : IAsyncDisposable
{
    readonly CancellationTokenSource closed = new();
    readonly ConcurrentQueue<QueuedTask> cancelled = new();
    readonly Dictionary<QueuedTask, string> consumers = [];
    readonly HashSet<QueuedTask> declared = [];
    readonly IConnection connection;
    readonly IChannel channel;
    readonly Action<RunAttempt?, string, ITicketDelivery> deliver;
    readonly Action changed;
    int unsettled;

    TicketChannel(IConnection connection, IChannel channel, Action<RunAttempt?, string, ITicketDelivery> deliver, Action changed)
    {
        (this.connection, this.channel, this.deliver, this.changed) = (connection, channel, deliver, changed);
        channel.ChannelShutdownAsync += (_, reason) => Close(reason.ReplyText);
        connection.ConnectionShutdownAsync += (_, reason) => Close(reason.ReplyText);
    }

    /// <summary>Why the channel is closed; null while it is open.</summary>
    public string? Closed { get; private set; }

    /// <summary>Maximum of unacknowledged tickets per consumer; 0 while there is no consumer.</summary>
    public int Prefetch { get; private set; }

    /// <summary>Unacknowledged deliveries.</summary>
    public int Unsettled => Volatile.Read(ref unsettled);

    public CancellationToken Token => closed.Token;

    /// <summary>Connects and opens a channel.</summary>
    /// <param name="factory">The broker's address and credentials.</param>
    /// <param name="deliver">
    /// Called with each ticket (null for a message that is not one), its queue and its delivery. Has to return quickly.
    /// </param>
    /// <param name="changed">Called when the broker has cancelled a consumer or the channel is closed.</param>
    /// <param name="cancellationToken">Stops connecting.</param>
    public static async Task<TicketChannel> Open(
        ConnectionFactory factory, Action<RunAttempt?, string, ITicketDelivery> deliver, Action changed,
        CancellationToken cancellationToken)
    {
        var connection = await factory.CreateConnectionAsync(cancellationToken);
        try
        {
            return new(connection, await connection.CreateChannelAsync(cancellationToken: cancellationToken), deliver, changed);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public bool Consumes(QueuedTask tickets) => consumers.ContainsKey(tickets);

    /// <summary>Starts consuming these tickets, each kind with the same prefetch.</summary>
    public async Task Consume(IReadOnlyCollection<QueuedTask> wanted, int prefetch)
    {
        if (Prefetch != prefetch)
        {
            await channel.BasicQosAsync(0, (ushort)prefetch, global: false, Token);
            Prefetch = prefetch;
        }
        foreach (var tickets in wanted.Where(x => !Consumes(x)))
        {
            await Declare(tickets);
            consumers[tickets] = await channel.BasicConsumeAsync(
                NameOf(tickets), autoAck: false, "", noLocal: false, exclusive: false, arguments: null, new Consumer(this, tickets), Token);
        }
    }

    /// <summary>Stops consuming these tickets. Deliveries that are already in flight may still arrive.</summary>
    public async Task Cancel(IReadOnlyCollection<QueuedTask> unwanted)
    {
        foreach (var tickets in unwanted)
        {
            if (consumers.Remove(tickets, out var tag))
            {
                // Waits for the broker's response: deliveries may arrive until then, and have to be settled
                await channel.BasicCancelAsync(tag, noWait: false, Token);
            }
        }
    }

    public async Task CancelAll()
    {
        await Cancel([.. consumers.Keys]);
        Prefetch = 0;
    }

    /// <summary>The kinds of tickets that are being consumed.</summary>
    public IReadOnlyCollection<QueuedTask> Consumed => consumers.Keys;

    /// <summary>Removes consumers that the broker has cancelled because their queue was deleted.</summary>
    public void RemoveCancelled()
    {
        while (cancelled.TryDequeue(out var tickets))
        {
            consumers.Remove(tickets);
            declared.Remove(tickets);
        }
    }

    /// <summary>Closes the channel for good.</summary>
    public Task Close(string reason)
    {
        Closed ??= reason;
        closed.Cancel();
        changed();
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Close("disposed");
        try
        {
            await channel.DisposeAsync();
            await connection.CloseAsync(TimeSpan.FromSeconds(2));
        }
        catch (Exception exception) when (IsClosing(exception) || exception is TimeoutException or IOException)
        {
            // Already closed
        }
        await connection.DisposeAsync();
        closed.Dispose();
    }

    /// <summary>Declares the queue exactly as JobApi does, so that either may start first.</summary>
    async Task Declare(QueuedTask tickets)
    {
        if (!declared.Add(tickets))
        {
            return;
        }
        var name = NameOf(tickets);
        await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: Token);
        await channel.QueueDeclareAsync(
            name, durable: true, exclusive: false, autoDelete: false, BusAddresses.TicketQueueArguments, cancellationToken: Token);
        await channel.QueueBindAsync(name, name, "", cancellationToken: Token);
    }

    static string NameOf(QueuedTask tickets) => BusAddresses.Tickets(tickets.QueueName, tickets.TaskName, tickets.Version);

    async Task Settle(ulong tag, bool requeue)
    {
        Interlocked.Decrement(ref unsettled);
        try
        {
            await (requeue
                ? channel.BasicNackAsync(tag, multiple: false, requeue: true, Token)
                : channel.BasicAckAsync(tag, multiple: false, Token));
        }
        catch (Exception exception) when (IsClosing(exception) || exception is ObjectDisposedException)
        {
            // The broker has requeued it when the channel closed
        }
        catch (Exception exception)
        {
            await Close($"Could not settle a ticket: {exception.Message}");
        }
    }

    static bool IsClosing(Exception exception) =>
        exception is AlreadyClosedException or OperationInterruptedException or OperationCanceledException;

    sealed class Delivery(TicketChannel channel, ulong tag) : ITicketDelivery
    {
        int settled;

        public void Acknowledge() => Settle(requeue: false);

        public void Return() => Settle(requeue: true);

        void Settle(bool requeue)
        {
            if (Interlocked.Exchange(ref settled, 1) == 0)
            {
                _ = channel.Settle(tag, requeue);
            }
        }
    }

    sealed class Consumer(TicketChannel channel, QueuedTask tickets) : AsyncDefaultBasicConsumer(channel.channel)
    {
        public override Task HandleBasicDeliverAsync(
            string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey,
            IReadOnlyBasicProperties properties, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref channel.unsettled);
            channel.deliver(TicketJson.Read(body.Span), tickets.QueueName, new Delivery(channel, deliveryTag));
            return Task.CompletedTask;
        }

        public override Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
        {
            channel.cancelled.Enqueue(tickets);
            channel.changed();
            return Task.CompletedTask;
        }
    }
}
