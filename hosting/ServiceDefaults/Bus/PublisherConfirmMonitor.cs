using MassTransit;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>
/// Notices when the broker's confirms stop coming while messages are being sent. The client library has faults of that kind, and neither
/// the bus nor its connection shows them. A single message whose confirm was lost with its connection is no such fault: RabbitMQ.Client
/// 7.2.2 waits for it forever, while what is sent after it is confirmed.
/// </summary>
public sealed class PublisherConfirmMonitor(TimeProvider time) : ISendObserver, IPublishObserver
{
    static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(30);
    readonly Lock sync = new();
    long lastSent;

    /// <summary>When the first message since the last answer was sent; null if none was.</summary>
    long? unconfirmedSince;

    /// <summary>Number of messages.</summary>
    public long Sent { get; private set; }

    /// <summary>Fails if messages have been sent for 30 s and none was confirmed.</summary>
    public Task Check() => Silence is { } silence
        ? throw new InvalidOperationException(
            $"Messages have been sent for {silence.TotalSeconds:F0} s, and the broker has confirmed none.")
        : Task.CompletedTask;

    /// <summary>Fails only if the broker responds on another connection, so that the fault is in this process's connection.</summary>
    public async Task CheckConnection(Func<CancellationToken, Task<bool>> brokerAnswers, CancellationToken cancellationToken)
    {
        if (Silence is not null && await brokerAnswers(cancellationToken))
        {
            await Check();
        }
    }

    /// <summary>Null while confirms arrive or nothing is being sent.</summary>
    TimeSpan? Silence
    {
        get
        {
            lock (sync)
            {
                return unconfirmedSince is { } since && time.GetElapsedTime(since) is var silence && silence > ConfirmTimeout
                    && time.GetElapsedTime(lastSent) < ConfirmTimeout ? silence : null;
            }
        }
    }

    Task Sending()
    {
        lock (sync)
        {
            Sent++;
            lastSent = time.GetTimestamp();
            unconfirmedSince ??= lastSent;
        }

        return Task.CompletedTask;
    }

    Task Answered()
    {
        lock (sync)
        {
            unconfirmedSince = null;
        }

        return Task.CompletedTask;
    }

    /// <summary>A cancelled wait is not a response of the broker; other failures are.</summary>
    Task Failed(Exception exception) => exception is OperationCanceledException ? Task.CompletedTask : Answered();

    public Task PreSend<T>(SendContext<T> context) where T : class => Sending();
    public Task PostSend<T>(SendContext<T> context) where T : class => Answered();
    public Task SendFault<T>(SendContext<T> context, Exception exception) where T : class => Failed(exception);
    public Task PrePublish<T>(PublishContext<T> context) where T : class => Sending();
    public Task PostPublish<T>(PublishContext<T> context) where T : class => Answered();
    public Task PublishFault<T>(PublishContext<T> context, Exception exception) where T : class => Failed(exception);
}
