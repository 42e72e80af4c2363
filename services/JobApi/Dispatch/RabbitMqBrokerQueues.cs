using System.Collections.Concurrent;
using JobSystem.Contracts;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// Declares the queues of tickets exactly as executors do, over a connection of its own: a refused declaration closes its channel, and
/// that must not touch the bus.
/// </summary>
public sealed class RabbitMqBrokerQueues(Uri broker) : IBrokerQueues, IAsyncDisposable
{
    static readonly Dictionary<string, object?> arguments = new() { ["x-max-priority"] = BusAddresses.TicketPriorities };
    readonly ConcurrentDictionary<QueuedTask, bool> declared = new();
    readonly SemaphoreSlim turn = new(1, 1);
    IConnection? connection;

    public bool DiesWithProcess => false;

    public Uri Address(QueuedTask task) => new($"exchange:{NameOf(task)}");

    public async Task Declare(QueuedTask task, CancellationToken cancellationToken)
    {
        if (declared.ContainsKey(task))
        {
            return;
        }
        await OnChannel(async channel =>
        {
            var name = NameOf(task);
            await channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellationToken);
            await channel.QueueDeclareAsync(name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken);
            await channel.QueueBindAsync(name, name, "", cancellationToken: cancellationToken);
            return true;
        }, cancellationToken);
        declared[task] = true;
    }

    public void Forget(QueuedTask task) => declared.TryRemove(task, out _);

    public Task Purge(QueuedTask task, CancellationToken cancellationToken) => OnChannel(async channel =>
    {
        try
        {
            await channel.QueuePurgeAsync(NameOf(task), cancellationToken);
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
        {
            declared.TryRemove(task, out _);
        }
        return true;
    }, cancellationToken);

    public Task<long?> Depth(QueuedTask task, CancellationToken cancellationToken) => OnChannel<long?>(async channel =>
    {
        try
        {
            var found = await channel.QueueDeclarePassiveAsync(NameOf(task), cancellationToken);
            return found.MessageCount;
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
        {
            declared.TryRemove(task, out _);
            return null;
        }
    }, cancellationToken);

    static string NameOf(QueuedTask task) => BusAddresses.Tickets(task.QueueName, task.TaskName, task.Version);

    async Task<T> OnChannel<T>(Func<IChannel, Task<T>> use, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            await using var channel = await (await Connect(cancellationToken)).CreateChannelAsync(cancellationToken: cancellationToken);
            return await use(channel);
        }
        finally
        {
            turn.Release();
        }
    }

    async Task<IConnection> Connect(CancellationToken cancellationToken)
    {
        if (connection is { IsOpen: true })
        {
            return connection;
        }
        connection?.Dispose();
        var factory = new ConnectionFactory
        {
            Uri = broker,
            AutomaticRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
            ClientProvidedName = "jobapi-queues",
        };
        connection = await factory.CreateConnectionAsync(cancellationToken);
        connection.ConnectionShutdownAsync += (_, _) =>
        {
            // After a reconnect, the broker may have lost its queues
            declared.Clear();
            return Task.CompletedTask;
        };
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        turn.Dispose();
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
    }
}
