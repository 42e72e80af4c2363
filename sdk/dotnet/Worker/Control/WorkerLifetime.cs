using JobSystem.Worker.Intake;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Control;

/// <summary>Starts the worker with its host, and drains it before anything else of the host stops.</summary>
sealed partial class WorkerLifetime(
    IOptions<JobWorkerOptions> options, HeartbeatLoop heartbeats, AttemptRequests requests, RequestSender requestSender, Attempts attempts,
    ReportSender reports, WorkerInbox inbox, IWorkerTransport transport, StartupSummary summary, TimeProvider time, ILogger<WorkerLifetime> logger) :
    IHostedLifecycleService, IDisposable
{
    /// <summary>How long tasks may delay the shutdown after their token was cancelled.</summary>
    static readonly TimeSpan stopGrace = TimeSpan.FromSeconds(2);
    static readonly TimeSpan lateGrants = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan flushLimit = TimeSpan.FromSeconds(5);

    readonly CancellationTokenSource stopping = new();
    Task running = Task.CompletedTask;
    bool started;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        SlotMetrics.Observe(attempts, options.Value.Slots);
        inbox.OnConnected = OnConnected;
        running = Task.WhenAll(requestSender.Run(), reports.Run(), heartbeats.Run(stopping.Token), transport.Run(stopping.Token));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops requesting attempts, lets running attempts end for a while, and releases the rest.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (heartbeats.Status is "draining" or "stopped")
        {
            return;
        }
        heartbeats.Status = "draining";
        LogDraining(attempts.All().Count, options.Value.Drain);
        // What is granted from now on is released
        requests.Close();
        // Waits for a concurrent heartbeat, so that the new status is visible immediately
        var heartbeat = heartbeats.SendHeartbeat(flushLimit);
        attempts.ReleaseWaiting(TimeSpan.Zero);
        if (!await TryAwaitIdle(options.Value.Drain, cancellationToken))
        {
            await StopRemaining();
        }
        await heartbeat;
        if (requests.Outstanding > 0)
        {
            // What JobApi granted before it heard of the drain arrives and is released; otherwise it would wait for the end of its lease
            await Task.Delay(lateGrants, time, CancellationToken.None);
        }
        await AwaitLastReports();
        heartbeats.Status = "stopped";
        // Without this heartbeat, the worker would be considered lost
        await heartbeats.SendHeartbeat(flushLimit);
        await stopping.CancelAsync();
        requestSender.Complete();
        reports.Complete();
        await running.WaitAsync(flushLimit, time, CancellationToken.None)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => stopping.Dispose();

    void OnConnected()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }
        if (!started)
        {
            started = true;
            heartbeats.Status = "running";
            requests.Start();
            summary.Log();
        }
        else
        {
            requests.RenewAll();
        }
        heartbeats.SendAfterReconnect();
    }

    async Task<bool> TryAwaitIdle(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await attempts.WhenIdle().WaitAsync(limit, time, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    async Task StopRemaining()
    {
        foreach (var run in attempts.All())
        {
            run.Stop(JobStopReason.ShuttingDown);
        }
        if (!await TryAwaitIdle(stopGrace, CancellationToken.None))
        {
            foreach (var run in attempts.All())
            {
                run.WriteOff();
            }
        }
    }

    /// <summary>Waits until the last reports are sent. Without a broker they are lost, and the leases expire.</summary>
    async Task AwaitLastReports()
    {
        var since = time.GetTimestamp();
        while (!attempts.IsEmpty && time.GetElapsedTime(since) < flushLimit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time);
        }
    }

    [LoggerMessage(5061, LogLevel.Information, "Draining: {Count} attempts may run for another {Limit}")]
    partial void LogDraining(int count, TimeSpan limit);
}
