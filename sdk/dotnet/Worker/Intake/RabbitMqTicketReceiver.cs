using JobSystem.Contracts;
using JobSystem.Worker.Bus;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobSystem.Worker.Intake;

/// <summary>
/// Receives tickets from RabbitMQ. Tickets that cannot run now have to stay in the broker, because it orders them by priority: when no
/// slot has become free for a while, all consumers are cancelled, and with a free slot they are started again. One loop owns the channel,
/// the consumers and the mode of the slot scheduler. Each round compares the consumers with those that are needed; after any failure the
/// channel is closed and a new one is opened.
/// </summary>
sealed partial class RabbitMqTicketReceiver : ITicketReceiver, IAsyncDisposable
{
    static readonly TimeSpan starvedLimit = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan settleTime = TimeSpan.FromMilliseconds(5);
    static readonly TimeSpan stuckAfter = TimeSpan.FromSeconds(10);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(5);

    readonly ConnectionFactory factory;
    readonly ServedQueues queues;
    readonly SlotScheduler slots;
    readonly Claims claims;
    readonly TimeProvider time;
    readonly ILogger<RabbitMqTicketReceiver> logger;
    readonly SemaphoreSlim signal = new(0);
    readonly CancellationTokenSource ending = new();
    readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    Task running = Task.CompletedTask;
    TicketChannel? current;
    volatile bool isStopping;
    long? stuckSince;

    public RabbitMqTicketReceiver(
        BrokerAddress broker, ServedQueues queues, SlotScheduler slots, Claims claims, TimeProvider time,
        ILogger<RabbitMqTicketReceiver> logger)
    {
        (this.queues, this.slots, this.claims, this.time, this.logger) = (queues, slots, claims, time, logger);
        factory = broker.CreateConnectionFactory("tickets");
    }

    public string? UnavailableReason { get; private set; } = "The broker has not been reached yet";

    public void Start()
    {
        slots.Close();
        slots.OnDemandChanged = Wake;
        queues.OnChanged = Wake;
        claims.OnUnansweredChanged = Wake;
        queues.Start();
        running = Run();
    }

    public async Task Stop()
    {
        isStopping = true;
        Wake();
        await Task.WhenAny(stopped.Task, running);
    }

    public void Check()
    {
        var isIdle = slots.Free > 0 && slots.Waiting == 0 && claims.UnansweredCount == 0 && !isStopping
            && current is { } channel && (channel.Unsettled > 0 || (channel.Prefetch == 0 && WantedTickets().Count > 0));
        if (!isIdle)
        {
            stuckSince = null;
            return;
        }
        stuckSince ??= time.GetTimestamp();
        if (time.GetElapsedTime(stuckSince.Value) >= stuckAfter)
        {
            stuckSince = null;
            LogStuck(current?.Unsettled ?? 0, slots.Free);
            _ = current?.Close("No ticket was claimed although slots were free");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await running;
        signal.Dispose();
        ending.Dispose();
    }

    void Wake()
    {
        try
        {
            signal.Release();
        }
        catch (ObjectDisposedException)
        {
            // The worker has ended
        }
    }

    async Task Run()
    {
        for (var failures = 0; !ending.IsCancellationRequested; failures++)
        {
            try
            {
                await using var channel = await TicketChannel.Open(factory, Deliver, Wake, ending.Token);
                current = channel;
                await Serve(channel, () => failures = 0);
            }
            catch (Exception exception) when (!ending.IsCancellationRequested)
            {
                SetUnavailable(current?.Closed ?? exception.Message);
            }
            catch (Exception)
            {
                // The worker has ended
                break;
            }
            finally
            {
                current = null;
                claims.ReturnWaiting();
            }
            if (isStopping)
            {
                break;
            }
            await PauseAfter(failures);
        }
        stopped.TrySetResult();
    }

    /// <summary>Never returns normally: throws when the channel is closed or the worker ends.</summary>
    async Task Serve(TicketChannel channel, Action succeeded)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(channel.Token, ending.Token);
        while (true)
        {
            await AdjustConsumers(channel);
            either.Token.ThrowIfCancellationRequested();
            succeeded();
            UnavailableReason = null;
            if (isStopping)
            {
                // The channel stays open, because claimed tickets have to be acknowledged on it
                stopped.TrySetResult();
            }
            await signal.WaitAsync(UntilNextCheck(channel), either.Token);
            while (signal.Wait(0))
            {
                // Combines all pending signals
            }
        }
    }

    /// <summary>Time until the next check without a signal.</summary>
    TimeSpan UntilNextCheck(TicketChannel channel) =>
        channel.Prefetch == 0 || slots.StarvedFor is not { } starved ? Timeout.InfiniteTimeSpan
        : starved < starvedLimit ? starvedLimit - starved + TimeSpan.FromMilliseconds(1)
        : TimeSpan.Zero;

    async Task AdjustConsumers(TicketChannel channel)
    {
        channel.RemoveCancelled();
        var wanted = isStopping ? [] : WantedTickets();
        if (wanted.Count == 0 || slots.StarvedFor >= starvedLimit)
        {
            await channel.CancelAll();
            claims.ReturnWaiting();
            // A slot may have become free meanwhile
            if (wanted.Count == 0 || slots.Free == 0)
            {
                return;
            }
        }
        if (channel.Prefetch == 0)
        {
            // With a larger prefetch than free slots, most tickets would have to be returned
            await Consume(channel, wanted, Math.Clamp(slots.Free, 0, slots.Places));
        }
        else if (channel.Prefetch < slots.Places && slots.Free > 2 * channel.Prefetch)
        {
            // The prefetch is too small for the number of free slots
            await channel.CancelAll();
            await Consume(channel, wanted, slots.Places);
        }
        else if (!wanted.SetEquals(channel.Consumed))
        {
            await channel.Cancel([.. channel.Consumed.Except(wanted)]);
            claims.ReturnWaiting(exceptQueues: wanted.Select(x => x.QueueName).ToHashSet());
            await Consume(channel, wanted, channel.Prefetch);
        }
    }

    async Task Consume(TicketChannel channel, HashSet<QueuedTask> wanted, int prefetch)
    {
        if (prefetch == 0)
        {
            return;
        }
        // The ticket with the highest priority may come from the queue that is consumed last
        slots.Suspend();
        await channel.Consume(wanted, prefetch);
        if (wanted.Count > 1)
        {
            await Task.Delay(settleTime, time);
        }
        slots.NotifyWhenFree(prefetch < slots.Places ? (2 * prefetch) + 1 : int.MaxValue);
        slots.Open();
    }

    HashSet<QueuedTask> WantedTickets()
    {
        var unanswered = claims.Unanswered;
        return [.. queues.RunnableTickets().Where(x => !unanswered.Contains(x.QueueName))];
    }

    void Deliver(RunAttempt? ticket, string queueName, ITicketDelivery delivery)
    {
        if (ticket is null)
        {
            // Safe to drop: the job gets another ticket
            LogUnreadable(queueName);
            delivery.Acknowledge();
            return;
        }
        claims.Add(ticket, queueName, delivery);
    }

    void SetUnavailable(string reason)
    {
        if (UnavailableReason != reason)
        {
            LogLost(reason);
        }
        UnavailableReason = reason;
    }

    async Task PauseAfter(int failures)
    {
        var pause = TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(failures, 6)));
        await Task.Delay(pause < longestPause ? pause : longestPause, time, ending.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [LoggerMessage(5041, LogLevel.Warning, "Lost the subscriptions to the job queues, reconnecting: {Reason}")]
    partial void LogLost(string reason);

    [LoggerMessage(5042, LogLevel.Error,
        "Subscriptions are stuck with {Tickets} unacknowledged tickets and {Free} free slots; reconnecting")]
    partial void LogStuck(int tickets, int free);

    [LoggerMessage(5031, LogLevel.Warning, "Dropped a message on queue {Queue} that is not a ticket")]
    partial void LogUnreadable(string queue);
}
