using JobSystem.Worker.Binding;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Control;

/// <summary>Logs one line at startup: where the worker is connected, its name, queues, slots and tasks.</summary>
sealed partial class StartupSummary(
    IWorkerTransport transport, WorkerIdentity identity, IOptions<JobWorkerOptions> options, TaskCatalog catalog, ILogger<JobWorker> logger)
{
    public void Log()
    {
        var queues = options.Value.Queues.Count == 0 ? "all queues" : $"queues {string.Join(", ", options.Value.Queues)}";
        var tasks = string.Join(", ", catalog.Announcements.Select(x => x.Name).Distinct().Order(StringComparer.Ordinal));
        LogConnected(identity.Name, transport.Address, queues, options.Value.Slots, tasks);
    }

    [LoggerMessage(5065, LogLevel.Information, "Worker {Name} is connected to {Address}: {Queues}, {Slots} slots, tasks {Tasks}")]
    partial void LogConnected(string name, string address, string queues, int slots, string tasks);
}
