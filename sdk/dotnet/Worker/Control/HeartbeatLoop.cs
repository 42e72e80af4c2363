using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Control;

/// <summary>Periodic work: sends heartbeats, announces tasks, asks for queues, and checks leases.</summary>
sealed partial class HeartbeatLoop(
    WorkerIdentity identity, IOptions<JobWorkerOptions> options, TaskCatalog catalog, Attempts attempts, Prefetch prefetch,
    ServedQueues queues, IWorkerTransport transport, TimeProvider time, ILogger<HeartbeatLoop> logger) : IDisposable
{
    static readonly TimeSpan announceInterval = TimeSpan.FromMinutes(1);
    static readonly TimeSpan announceRetry = TimeSpan.FromSeconds(5);
    static readonly TimeSpan longestInterval = TimeSpan.FromSeconds(1);

    readonly SemaphoreSlim sending = new(1);
    long sentAt;
    long announcedAt;
    long confirmedAt;
    bool heartbeatFails;
    bool announcementFails;

    public string Status { get; set; } = "starting";

    /// <summary>Time since the last heartbeat that the broker confirmed; null before the first.</summary>
    public TimeSpan? Silence => Volatile.Read(ref confirmedAt) is var at and not 0 ? time.GetElapsedTime(at) : null;

    /// <summary>Interval of heartbeats: the setting, or a third of a shorter lease.</summary>
    public TimeSpan Renew => attempts.Lease is { } lease && lease / 3 < options.Value.Renew ? lease / 3 : options.Value.Renew;

    /// <summary>Interval of the checks: a second, or less if leases are short.</summary>
    TimeSpan CheckInterval => Renew / 2 < longestInterval ? Renew / 2 : longestInterval;

    public async Task Run(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                CheckAndSend();
                if (timer.Period != CheckInterval)
                {
                    timer.Period = CheckInterval;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The worker stops
        }
    }

    /// <summary>Repeats what may have been lost while the inbox was not connected.</summary>
    public void SendAfterReconnect()
    {
        _ = SendHeartbeat();
        _ = SendAnnouncement();
    }

    public void Dispose() => sending.Dispose();

    void CheckAndSend()
    {
        // Leases first: after the process was suspended, expired ones must not be renewed
        attempts.Check();
        prefetch.Check();
        var announceAfter = queues.HasAnnouncement ? announceInterval : announceRetry;
        if (Volatile.Read(ref announcedAt) is not 0 and var announced && time.GetElapsedTime(announced) >= announceAfter)
        {
            _ = SendAnnouncement();
        }
        if (Volatile.Read(ref sentAt) is not 0 and var sent && time.GetElapsedTime(sent) >= Renew)
        {
            _ = SendHeartbeat();
        }
    }

    /// <summary>Sends a heartbeat, which renews the leases of all attempts.</summary>
    /// <param name="wait">How long to wait for a concurrent heartbeat. After this time no heartbeat is sent.</param>
    public async Task SendHeartbeat(TimeSpan wait = default)
    {
        if (wait > TimeSpan.Zero)
        {
            transport.EndHold();
        }
        if (!await sending.WaitAsync(wait))
        {
            return;
        }
        var isSent = false;
        try
        {
            var now = time.GetTimestamp();
            var leased = attempts.Leased();
            await transport.Send(CreateHeartbeat(leased), Status is "running" or "paused" ? Renew : TimeSpan.Zero);
            (isSent, heartbeatFails) = (true, false);
            Volatile.Write(ref sentAt, now);
            Volatile.Write(ref confirmedAt, now);
            foreach (var run in leased)
            {
                run.RenewLease(now);
            }
        }
        catch (Exception exception)
        {
            // Retried at the next check
            LogOnce(ref heartbeatFails, "heartbeat", exception);
        }
        finally
        {
            sending.Release();
        }
        if (isSent && transport.HoldsHeartbeats && Status is ("running" or "paused"))
        {
            _ = SendHeartbeat();
        }
    }

    /// <summary>Asks for the queues, and announces the tasks of this worker.</summary>
    public async Task SendAnnouncement()
    {
        Volatile.Write(ref announcedAt, time.GetTimestamp());
        try
        {
            await transport.Send(new AnnounceTasks { WorkerId = identity.Id, Tasks = catalog.Announcements });
            announcementFails = false;
        }
        catch (Exception exception)
        {
            LogOnce(ref announcementFails, "announcement", exception);
        }
    }

    WorkerHeartbeat CreateHeartbeat(List<AttemptRun> leased)
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
            Slots = options.Value.Slots,
            Processed = processed,
            Failed = failed,
            Attempts = leased.ConvertAll(x => new HeldAttempt { JobId = x.Key.JobId, Attempt = x.Key.Attempt }),
        };
    }

    /// <summary>One line for each outage.</summary>
    void LogOnce(ref bool fails, string what, Exception exception)
    {
        if (!fails)
        {
            LogUnsent(what, exception.Message);
        }
        fails = true;
    }

    [LoggerMessage(5051, LogLevel.Warning, "Could not send the {What}, retrying: {Reason}")]
    partial void LogUnsent(string what, string reason);
}
