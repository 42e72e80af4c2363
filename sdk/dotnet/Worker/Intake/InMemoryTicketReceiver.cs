using JobSystem.Contracts;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Intake;

/// <summary>
/// Receives tickets on the in-memory transport, which drops messages without a consumer: one endpoint for each queue acknowledges at
/// once, and the tickets wait here. JobApi denies the claims of tickets whose queue is paused.
/// </summary>
sealed partial class InMemoryTicketReceiver(
    IServiceProvider services, ServedQueues queues, SlotScheduler slots, Claims claims, ILogger<InMemoryTicketReceiver> logger) :
    ITicketReceiver
{
    readonly Lock sync = new();
    readonly Dictionary<string, HostReceiveEndpointHandle> connected = [];

    public string? UnavailableReason => null;

    public void Start()
    {
        queues.OnChanged = ApplyQueues;
        queues.Start();
    }

    public async Task Stop()
    {
        queues.OnChanged = null;
        List<HostReceiveEndpointHandle> all;
        lock (sync)
        {
            all = [.. connected.Values];
            connected.Clear();
        }
        await Task.WhenAll(all.Select(x => x.StopAsync()));
    }

    public void Check()
    {
        // No ticket is lost in memory
    }

    void ApplyQueues()
    {
        if (queues.IsPaused)
        {
            slots.Suspend();
            return;
        }
        lock (sync)
        {
            var bus = services.GetRequiredService<IBus>();
            foreach (var name in queues.Names.Where(x => !connected.ContainsKey(x)))
            {
                connected[name] = bus.ConnectReceiveEndpoint(BusAddresses.JobQueue(name), endpoint => Configure(endpoint, name));
            }
        }
        slots.Open();
    }

    void Configure(IReceiveEndpointConfigurator endpoint, string queue)
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PublishFaults = false;
        // One at a time, to keep the order; the handler returns immediately
        endpoint.ConcurrentMessageLimit = 1;
        endpoint.ConfigureReceive(x => x.UseExecute(context =>
        {
            if (TicketJson.Read(context.Body.GetBytes()) is { } ticket)
            {
                claims.Add(ticket, queue, delivery: null);
            }
            else
            {
                // Safe to drop: the job gets another ticket
                LogUnreadable(queue);
            }
        }));
    }

    [LoggerMessage(5032, LogLevel.Warning, "Dropped a message on queue {Queue} that is not a ticket")]
    partial void LogUnreadable(string queue);
}
