using JobSystem.Contracts;
using JobSystem.Worker.Bus;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Running;

/// <summary>Executes control commands. It responds immediately; commands that take longer continue in the background.</summary>
sealed partial class ControlCommandHandler(
    WorkerIdentity identity, IOptions<JobWorkerOptions> options, Attempts attempts, ServedQueues queues, IServiceProvider services,
    IConfiguration configuration, IHostApplicationLifetime host, ILogger<ControlCommandHandler> logger)
{
    // Lazy because of a dependency cycle: heartbeat loop, queues, inbox
    HeartbeatLoop Pulse => field ??= services.GetRequiredService<HeartbeatLoop>();

    public WorkerAnswered Do(ControlWorker message)
    {
        LogTold(message.Command, message.Data?.GetRawText() ?? "no data");
        var refusal = message.Command switch
        {
            WorkerCommand.Ping or WorkerCommand.Status => null,
            _ when Pulse.Status is "draining" or "stopped" => "it is ending",
            WorkerCommand.Pause => Hold(true),
            WorkerCommand.Resume => Hold(false),
            WorkerCommand.Reload => Reload(),
            WorkerCommand.Shutdown => Shutdown(message.Graceful),
            var other => $"it does not know the command {other}",
        };
        return new()
        {
            WorkerId = identity.Id,
            Name = identity.Name,
            Command = message.Command,
            Accepted = refusal is null,
            Message = refusal,
            Status = Pulse.Status,
            Slots = options.Value.Slots,
            Running = attempts.All().Count,
        };
    }

    string? Hold(bool hold)
    {
        queues.Hold(hold);
        Pulse.Status = hold ? "paused" : "running";
        _ = Pulse.Beat();
        return null;
    }

    string? Reload()
    {
        (configuration as IConfigurationRoot)?.Reload();
        var before = options.Value.Queues;
        options.Value.ReadQueues(configuration);
        if (!before.SequenceEqual(options.Value.Queues))
        {
            queues.Replace(options.Value.Queues);
        }
        _ = Pulse.Announce();
        _ = Pulse.Beat();
        return null;
    }

    string? Shutdown(bool graceful)
    {
        if (!options.Value.MayEndProcess)
        {
            return "it lives in one process with other services; end that process instead";
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
    partial void LogTold(string command, string data);
}
