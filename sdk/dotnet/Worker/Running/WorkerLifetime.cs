using JobSystem.Worker.Bus;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Running;

/// <summary>Starts the worker with its host, and drains it before anything else of the host stops.</summary>
sealed partial class WorkerLifetime(
    IOptions<JobWorkerOptions> options, HeartbeatLoop pulse, Claims claims, Attempts attempts, ReportSender reports, ITicketReceiver receiver,
    WorkerInbox inbox, StartupSummary greeting, TimeProvider time, ILogger<WorkerLifetime> logger) :
    IHostedLifecycleService, IDisposable
{
    static readonly TimeSpan lastWords = TimeSpan.FromSeconds(2);
    static readonly TimeSpan flush = TimeSpan.FromSeconds(5);

    readonly CancellationTokenSource stopping = new();
    Task running = Task.CompletedTask;
    bool started;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        attempts.Connect();
        inbox.OnReady = Connected;
        running = Task.WhenAll(claims.Run(), reports.Run(), pulse.Run(stopping.Token));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops taking tickets, lets running attempts end for a while, and releases the rest.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (pulse.Status is "draining" or "stopped")
        {
            return;
        }
        pulse.Status = "draining";
        LogDraining(attempts.All().Count, options.Value.Drain);
        // Waits for a concurrent heartbeat, so that the new status is visible immediately
        var beat = pulse.Beat(flush);
        await Endure(receiver.Stop());
        // New grants are given back; claims without a response end with their lease if they were granted
        await Endure(claims.CloseAndAwaitAnswers().WaitAsync(lastWords, time, CancellationToken.None));
        if (!await EndWithin(options.Value.Drain, cancellationToken))
        {
            await StopRest();
        }
        await beat;
        await Flush();
        pulse.Status = "stopped";
        // Without it, the worker would be considered lost
        await pulse.Beat(flush);
        await stopping.CancelAsync();
        claims.Complete();
        reports.Complete();
        await running.WaitAsync(flush, time, CancellationToken.None).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => stopping.Dispose();

    void Connected()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }
        if (!started)
        {
            started = true;
            pulse.Status = "running";
            receiver.Start();
            greeting.Say();
        }
        pulse.Reconnected();
    }

    async Task<bool> EndWithin(TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await attempts.Idle().WaitAsync(limit, time, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    async Task StopRest()
    {
        foreach (var run in attempts.All())
        {
            run.Stop(JobStopReason.ShuttingDown);
        }
        if (!await EndWithin(lastWords, CancellationToken.None))
        {
            foreach (var run in attempts.All())
            {
                run.WriteOff();
            }
        }
    }

    /// <summary>Waits until the last reports are sent. Without a broker they are lost, and the leases expire.</summary>
    async Task Flush()
    {
        var since = time.GetTimestamp();
        while (attempts.AnyHeld && time.GetElapsedTime(since) < flush)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), time);
        }
    }

    async Task Endure(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception)
        {
            LogUnclean(exception);
        }
    }

    [LoggerMessage(5061, LogLevel.Information, "Draining: {Count} attempts may run for another {Limit}")]
    partial void LogDraining(int count, TimeSpan limit);

    [LoggerMessage(5062, LogLevel.Warning, "Could not close the subscriptions to the job queues cleanly")]
    partial void LogUnclean(Exception exception);
}
