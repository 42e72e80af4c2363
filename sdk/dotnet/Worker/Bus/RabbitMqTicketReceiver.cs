using JobSystem.Contracts;
using JobSystem.Worker.Running;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace JobSystem.Worker.Bus;

/// <summary>
/// Tickets from RabbitMQ. A broker with priorities must keep the tickets that cannot run now, or a better one that comes later would wait behind them:
/// when no slot has become free for a while all consumers end, and with a free slot they begin again. One loop owns the channel, the consumers and the
/// mode of the slot scheduler; each round compares what is with what should be, and whatever fails ends the channel and begins with a new one.
/// </summary>
sealed partial class RabbitMqTicketReceiver : ITicketReceiver, IAsyncDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan settle = TimeSpan.FromMilliseconds(5);
    static readonly TimeSpan stuckAfter = TimeSpan.FromSeconds(10);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(5);

    readonly ConnectionFactory factory;
    readonly ServedQueues queues;
    readonly SlotScheduler slots;
    readonly Lazy<Claims> lazyClaims;
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
        BrokerAddress broker, ServedQueues queues, SlotScheduler slots, Lazy<Claims> claims, TimeProvider time, ILogger<RabbitMqTicketReceiver> logger)
    {
        (this.queues, this.slots, lazyClaims, this.time, this.logger) = (queues, slots, claims, time, logger);
        factory = broker.Factory("tickets");
    }

    public string? Trouble { get; private set; } = "The broker has not been reached yet";

    Claims Claims => lazyClaims.Value;

    public void Start()
    {
        slots.Close();
        slots.OnPressure = Wake;
        queues.OnChanged = Wake;
        Claims.OnUnansweredChanged = Wake;
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
        var isIdle = slots.Free > 0 && slots.Waiting == 0 && Claims.AwaitingAnswers == 0 && !isStopping
            && current is { } channel && (channel.Unsettled > 0 || (channel.Prefetch == 0 && Wanted().Count > 0));
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
            _ = current?.Close("The subscriptions stood still");
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
                Report(current?.Closed ?? exception.Message);
            }
            catch (Exception)
            {
                // The worker has ended
                break;
            }
            finally
            {
                current = null;
                Claims.ReturnWaiting();
            }
            if (isStopping)
            {
                break;
            }
            await Pause(failures);
        }
        stopped.TrySetResult();
    }

    /// <summary>Never returns normally: throws when the channel is closed or the worker ends.</summary>
    async Task Serve(TicketChannel channel, Action succeeded)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(channel.Token, ending.Token);
        while (true)
        {
            await Adjust(channel);
            either.Token.ThrowIfCancellationRequested();
            succeeded();
            Trouble = null;
            if (isStopping)
            {
                // The channel stays open, because claimed tickets have to be acknowledged on it
                stopped.TrySetResult();
            }
            await signal.WaitAsync(UntilNextLook(channel), either.Token);
            while (signal.Wait(0))
            {
                // Combines all pending signals
            }
        }
    }

    /// <summary>Time until the next check without a signal.</summary>
    TimeSpan UntilNextLook(TicketChannel channel) =>
        channel.Prefetch == 0 || slots.Starved is not { } starved ? Timeout.InfiniteTimeSpan
        : starved < patience ? patience - starved + TimeSpan.FromMilliseconds(1)
        : TimeSpan.Zero;

    async Task Adjust(TicketChannel channel)
    {
        channel.DropEnded();
        var wanted = isStopping ? [] : Wanted();
        if (wanted.Count == 0 || slots.Starved >= patience)
        {
            await channel.CancelAll();
            Claims.ReturnWaiting();
            // A slot may have become free meanwhile
            if (wanted.Count == 0 || slots.Free == 0)
            {
                return;
            }
        }
        if (channel.Prefetch == 0)
        {
            // Prefetches no more tickets than there are free slots, or most of them would have to be returned
            await Consume(channel, wanted, Math.Clamp(slots.Free, 0, slots.Slots));
        }
        else if (channel.Prefetch < slots.Slots && slots.Free > 2 * channel.Prefetch)
        {
            // The prefetch is too small for the number of free slots
            await channel.CancelAll();
            await Consume(channel, wanted, slots.Slots);
        }
        else if (!wanted.SetEquals(channel.Consumed))
        {
            await channel.Cancel([.. channel.Consumed.Except(wanted)]);
            Claims.ReturnWaiting(except: wanted.Select(x => x.QueueName).ToHashSet());
            await Consume(channel, wanted, channel.Prefetch);
        }
    }

    async Task Consume(TicketChannel channel, HashSet<QueuedTask> wanted, int prefetch)
    {
        if (prefetch == 0)
        {
            return;
        }
        // The best ticket may come from the queue that is consumed last
        slots.Shut();
        await channel.Consume(wanted, prefetch);
        if (wanted.Count > 1)
        {
            await Task.Delay(settle, time);
        }
        slots.TellWhenFree(prefetch < slots.Slots ? (2 * prefetch) + 1 : int.MaxValue);
        slots.Open();
    }

    HashSet<QueuedTask> Wanted()
    {
        var unanswered = Claims.Unanswered;
        return [.. queues.Tickets().Where(x => !unanswered.Contains(x.QueueName))];
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
        Claims.Offer(ticket, queueName, delivery);
    }

    void Report(string reason)
    {
        if (Trouble is null || Trouble != reason)
        {
            LogLost(reason);
        }
        Trouble = reason;
    }

    async Task Pause(int failures)
    {
        var pause = TimeSpan.FromMilliseconds(100 * Math.Pow(2, Math.Min(failures, 6)));
        await Task.Delay(pause < longestPause ? pause : longestPause, time, ending.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [LoggerMessage(5041, LogLevel.Warning, "Lost the subscriptions to the job queues, reconnecting: {Reason}")]
    partial void LogLost(string reason);

    [LoggerMessage(5042, LogLevel.Error, "Subscriptions are stuck with {Tickets} unacknowledged tickets and {Free} free slots; reconnecting")]
    partial void LogStuck(int tickets, int free);

    [LoggerMessage(5031, LogLevel.Warning, "Dropped a message on queue {Queue} that is not a ticket")]
    partial void LogUnreadable(string queue);
}
