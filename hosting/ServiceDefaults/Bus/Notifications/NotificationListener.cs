using System.Collections.Concurrent;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>Publishes on this instance's bus what other instances have sent.</summary>
sealed partial class NotificationListener(
    NotificationChannel channel, SharedMessages shared, WantedMessages wanted, IBus bus, ILogger<NotificationListener> logger) : BackgroundDuty
{
    /// <summary>Header of a message that came from another instance.</summary>
    public const string FromInstance = "JobSystem-Instance";

    // The handler may be called by a timer of the connection
    readonly ConcurrentQueue<string> received = [];
    readonly NotificationParts parts = new();
    NpgsqlConnection? connection;
    bool wasConnected;

    protected internal override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected internal override async Task Wait(CancellationToken stoppingToken)
    {
        if (connection is not null && received.IsEmpty)
        {
            await Guard(() => connection.WaitAsync(stoppingToken));
        }
    }

    protected internal override Task Work(CancellationToken stoppingToken) => Guard(async () =>
    {
        if (connection is null)
        {
            connection = await channel.Listen((_, notification) => received.Enqueue(notification.Payload), stoppingToken);
            if (wasConnected)
            {
                wanted.Interrupt();
            }
            wasConnected = true;
        }
        while (received.TryDequeue(out var text))
        {
            await Hear(text, stoppingToken);
        }
    });

    protected internal override Task Finish(CancellationToken cancellationToken) => Disconnect();

    /// <summary>A connection that failed is replaced.</summary>
    async Task Guard(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch
        {
            await Disconnect();
            throw;
        }
    }

    async Task Disconnect()
    {
        if (connection is { } lost)
        {
            connection = null;
            await lost.DisposeAsync();
        }
    }

    async Task Hear(string text, CancellationToken cancellationToken)
    {
        if (NotificationText.Parse(text) is not { } part || part.Instance == channel.Instance || parts.Add(part) is not { } body)
        {
            return;
        }
        try
        {
            if (part.Name == InstanceWants.Name)
            {
                wanted.Hear(((InstanceWants)NotificationText.Read(body, typeof(InstanceWants))).Names);
            }
            else if (shared.Find(part.Name) is { } message)
            {
                await bus.Publish(NotificationText.Read(body, message.Type), message.Type, x => x.Headers.Set(FromInstance, part.Instance), cancellationToken);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Of another version, for example
            LogUnreadable(part.Name, exception.Message);
        }
    }

    [LoggerMessage(1052, LogLevel.Warning, "Ignored an unreadable message {Name} of another instance: {Reason}")]
    partial void LogUnreadable(string name, string reason);
}

/// <summary>Another instance wants messages.</summary>
/// <param name="Names">Their names.</param>
sealed record InstanceWants(IReadOnlyList<string> Names)
{
    public const string Name = nameof(InstanceWants);
}
