using System.Threading.Channels;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>
/// Sends shared messages that this instance publishes to the other instances. They may be lost, as the messages of a broker may that dies with its queues: all
/// that depends on them also happens without, later.
/// </summary>
sealed partial class NotificationSender : BackgroundDuty, IPublishObserver, IDisposable
{
    const int MaxParts = 200;
    const int MaxQueued = 1_000;

    /// <summary>Who does not hear of it by then has found out by itself.</summary>
    static readonly TimeSpan validFor = TimeSpan.FromSeconds(5);

    readonly Channel<Outgoing> queue =
        Channel.CreateBounded<Outgoing>(new BoundedChannelOptions(MaxQueued) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    readonly NotificationChannel channel;
    readonly SharedMessages shared;
    readonly WantedMessages wanted;
    readonly TimeProvider time;
    readonly ILogger<NotificationSender> logger;
    readonly ITimer timer;
    readonly List<Outgoing> unsent = [];
    long number;

    public NotificationSender(
        NotificationChannel channel, SharedMessages shared, WantedMessages wanted, TimeProvider time, ILogger<NotificationSender> logger)
    {
        (this.channel, this.shared, this.wanted, this.time, this.logger) = (channel, shared, wanted, time, logger);
        wanted.Added += SayWanted;
        timer = time.CreateTimer(_ => SayWanted(), null, WantedMessages.Repeat, WantedMessages.Repeat);
    }

    public Task PostPublish<T>(PublishContext<T> context) where T : class
    {
        if (shared.Find(typeof(T)) is { } message && !context.Headers.TryGetHeader(NotificationListener.FromInstance, out _)
            && (!message.OnlyIfWanted || wanted.IsWantedElsewhere(typeof(T).Name)))
        {
            Enqueue(typeof(T).Name, context.Message);
        }
        return Task.CompletedTask;
    }

    public Task PrePublish<T>(PublishContext<T> context) where T : class => Task.CompletedTask;

    public Task PublishFault<T>(PublishContext<T> context, Exception exception) where T : class => Task.CompletedTask;

    public void Dispose()
    {
        timer.Dispose();
        wanted.Added -= SayWanted;
    }

    protected internal override async Task Wait(CancellationToken stoppingToken) => await queue.Reader.WaitToReadAsync(stoppingToken);

    protected internal override Task Work(CancellationToken stoppingToken) => SendQueued(stoppingToken);

    /// <summary>The last words: that a worker has left, for example.</summary>
    protected internal override async Task Finish(CancellationToken cancellationToken)
    {
        try
        {
            await SendQueued(cancellationToken);
        }
        catch (Exception exception)
        {
            LogUnsent(exception.Message);
        }
    }

    void SayWanted()
    {
        if (wanted.Here is { Count: > 0 } names)
        {
            Enqueue(InstanceWants.Name, new InstanceWants(names));
        }
    }

    void Enqueue(string name, object message) =>
        queue.Writer.TryWrite(new(NotificationText.Write(channel.Instance, Interlocked.Increment(ref number), name, message), time.GetTimestamp()));

    /// <summary>What arrives while a statement is under way shares the next one. What could not be sent is tried again while it is worth it.</summary>
    async Task SendQueued(CancellationToken cancellationToken)
    {
        while (unsent.Sum(x => x.Parts.Count) < MaxParts && queue.Reader.TryRead(out var message))
        {
            unsent.Add(message);
        }
        unsent.RemoveAll(x => time.GetElapsedTime(x.At) >= validFor);
        if (unsent.Count > 0 && channel.Name is { } name)
        {
            await using var command = channel.Sending.CreateCommand("select pg_notify($1, t.part) from unnest($2) with ordinality as t(part, place) order by place");
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. unsent.SelectMany(x => x.Parts)] });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        unsent.Clear();
    }

    [LoggerMessage(1051, LogLevel.Debug, "Could not send the last messages to the other instances: {Reason}")]
    partial void LogUnsent(string reason);

    /// <param name="Parts">Notifications.</param>
    /// <param name="At">When it was published.</param>
    readonly record struct Outgoing(IReadOnlyList<string> Parts, long At);
}
