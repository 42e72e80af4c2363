using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Bus;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Running;

/// <summary>Periodic work: sends heartbeats, announces tasks, asks for queues, and checks leases, claims and subscriptions.</summary>
sealed partial class HeartbeatLoop(
    WorkerIdentity identity, IOptions<JobWorkerOptions> options, TaskCatalog catalog, Attempts attempts, Claims claims, ServedQueues queues,
    ITicketReceiver receiver, SlotScheduler slots, BusSender bus, TimeProvider time, ILogger<HeartbeatLoop> logger) :
    IDisposable
{
    static readonly TimeSpan announceEvery = TimeSpan.FromMinutes(1);
    static readonly TimeSpan askUnansweredAfter = TimeSpan.FromSeconds(5);
    static readonly TimeSpan longestTick = TimeSpan.FromSeconds(1);

    readonly SemaphoreSlim oneBeat = new(1);
    long beatAt;
    long announcedAt;
    long confirmedAt;

    public string Status { get; set; } = "starting";

    /// <summary>Time since the last confirmed heartbeat; null before the first.</summary>
    public TimeSpan? Silence => Volatile.Read(ref confirmedAt) is var at and not 0 ? time.GetElapsedTime(at) : null;

    public TimeSpan Renew => attempts.Lease is { } lease && lease / 3 < options.Value.Renew ? lease / 3 : options.Value.Renew;

    /// <summary>Shorter than a second if the lease is short.</summary>
    TimeSpan Pace => Renew / 2 < longestTick ? Renew / 2 : longestTick;

    public async Task Run(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Pace, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                Tick();
                if (timer.Period != Pace)
                {
                    timer.Period = Pace;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The worker stops
        }
    }

    /// <summary>Called when the inbox is connected or reconnected; earlier messages may have been lost.</summary>
    public void Reconnected()
    {
        claims.AskAgain();
        _ = Beat();
        _ = Announce();
    }

    public void Dispose() => oneBeat.Dispose();

    void Tick()
    {
        // Leases first: after the process was suspended, expired ones must not be renewed
        attempts.Check();
        claims.Check();
        receiver.Check();
        if (Volatile.Read(ref announcedAt) is not 0 and var announced && time.GetElapsedTime(announced) >= (queues.HasLearned ? announceEvery : askUnansweredAfter))
        {
            _ = Announce();
        }
        if (Volatile.Read(ref beatAt) is not 0 and var beaten && time.GetElapsedTime(beaten) >= Renew)
        {
            _ = Beat();
        }
    }

    /// <summary>Sends a heartbeat, which renews the leases of all attempts.</summary>
    /// <param name="patience">While another one is on its way there is none, unless it ends in this time.</param>
    public async Task Beat(TimeSpan patience = default)
    {
        if (!await oneBeat.WaitAsync(patience))
        {
            return;
        }
        try
        {
            var now = time.GetTimestamp();
            var held = attempts.Held();
            await bus.Send(BusAddresses.Workers, Heartbeat(held), durable: false, CancellationToken.None);
            Volatile.Write(ref beatAt, now);
            Volatile.Write(ref confirmedAt, now);
            foreach (var run in held)
            {
                run.Renew(now);
            }
        }
        catch (Exception exception)
        {
            // The next tick retries
            LogUnsent(logger, "heartbeat", exception.Message);
        }
        finally
        {
            oneBeat.Release();
        }
    }

    public async Task Announce()
    {
        Volatile.Write(ref announcedAt, time.GetTimestamp());
        try
        {
            // The question first: a response to it proves that the announcement was not lost either
            await bus.Send(BusAddresses.Workers, new ListQueues { WorkerId = identity.Id }, durable: false, CancellationToken.None);
            await bus.Send(BusAddresses.Workers, new AnnounceTasks { WorkerId = identity.Id, Tasks = catalog.Announcements }, durable: false, CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogUnsent(logger, "announcement", exception.Message);
        }
    }

    WorkerHeartbeat Heartbeat(List<AttemptRun> held)
    {
        var (processed, failed) = attempts.Totals;
        return new()
        {
            WorkerId = identity.Id,
            Name = identity.Name,
            Host = Environment.MachineName,
            Version = identity.Version,
            Status = Status,
            StartedAt = identity.StartedAt,
            SentAt = time.GetUtcNow(),
            Queues = queues.Names,
            Slots = slots.Slots,
            Processed = processed,
            Failed = failed,
            Attempts = held.ConvertAll(x => new HeldAttempt { JobId = x.Key.JobId, Attempt = x.Key.Attempt }),
        };
    }

    [LoggerMessage(5051, LogLevel.Warning, "Could not send the {What}: {Reason}")]
    static partial void LogUnsent(ILogger logger, string what, string reason);
}
