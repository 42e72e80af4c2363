using JobSystem.Contracts;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Control;

/// <summary>Executes control commands. The response is sent immediately; commands that take longer continue in the background.</summary>
sealed partial class ControlCommandHandler(
    WorkerIdentity identity, IOptions<JobWorkerOptions> options, Attempts attempts, ServedQueues queues, HeartbeatLoop heartbeats, IWorkerTransport transport,
    IConfiguration configuration, IHostApplicationLifetime host, ILogger<ControlCommandHandler> logger)
{
    public WorkerAnswered Execute(ControlWorker message)
    {
        LogReceived(message.Command, message.Data?.GetRawText() ?? "no data");
        var error = message.Command switch
        {
            WorkerCommand.Ping or WorkerCommand.Status => null,
            _ when heartbeats.Status is "draining" or "stopped" => "the worker is shutting down",
            WorkerCommand.Pause => SetPaused(true),
            WorkerCommand.Resume => SetPaused(false),
            WorkerCommand.Reload => Reload(),
            WorkerCommand.Shutdown => Shutdown(message.Graceful),
            var other => $"unknown command {other}",
        };
        return new()
        {
            WorkerId = identity.Id,
            Name = identity.Name,
            Command = message.Command,
            Accepted = error is null,
            Message = error,
            Status = heartbeats.Status,
            Slots = options.Value.Slots,
            Running = attempts.All().Count,
        };
    }

    string? SetPaused(bool paused)
    {
        queues.SetPaused(paused);
        heartbeats.Status = paused ? "paused" : "running";
        _ = heartbeats.SendHeartbeat();
        return null;
    }

    string? Reload()
    {
        (configuration as IConfigurationRoot)?.Reload();
        var previous = options.Value.Queues;
        options.Value.ReadQueues(configuration);
        if (!previous.SequenceEqual(options.Value.Queues))
        {
            if (!transport.MayChangeQueues)
            {
                options.Value.Queues = previous;
                return "the served queues cannot be changed while the worker is connected over HTTP; start it again";
            }
            queues.Replace(options.Value.Queues);
        }
        _ = heartbeats.SendAnnouncement();
        _ = heartbeats.SendHeartbeat();
        return null;
    }

    string? Shutdown(bool graceful)
    {
        if (!options.Value.MayEndProcess)
        {
            return "the worker runs in one process with other services; stop that process instead";
        }
        if (!graceful)
        {
            options.Value.Drain = TimeSpan.Zero;
        }
        // The response has to be sent first
        _ = Task.Run(host.StopApplication);
        return null;
    }

    [LoggerMessage(5071, LogLevel.Information, "Received control command {Command} with {Data}")]
    partial void LogReceived(string command, string data);
}
