using JobSystem.Worker.Binding;
using MassTransit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Running;

/// <summary>One line at the start that says what a person wants to know of a worker.</summary>
sealed partial class StartupSummary(IBus bus, WorkerIdentity identity, IOptions<JobWorkerOptions> options, TaskCatalog catalog, ILogger<JobWorker> logger)
{
    public void Say()
    {
        var queues = options.Value.Queues.Count == 0 ? "all queues" : $"queues {string.Join(", ", options.Value.Queues)}";
        var tasks = string.Join(", ", catalog.Announcements.Select(x => x.Name).Distinct().Order(StringComparer.Ordinal));
        LogConnected(identity.Name, Broker(bus.Address), queues, options.Value.Slots, tasks);
    }

    /// <summary>Host, port and virtual host. The bus's own address goes on with the name of its queue, and has no password in it.</summary>
    static string Broker(Uri address) => address.GetLeftPart(UriPartial.Authority) + string.Concat(address.Segments[..^1]);

    [LoggerMessage(5065, LogLevel.Information, "Worker {Name} is connected to {Broker}: {Queues}, {Slots} slots, tasks {Tasks}")]
    partial void LogConnected(string name, string broker, string queues, int slots, string tasks);
}
