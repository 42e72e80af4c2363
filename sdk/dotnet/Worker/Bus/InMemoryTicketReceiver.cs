using JobSystem.Contracts;
using JobSystem.Worker.Running;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Bus;

/// <summary>
/// Tickets on the in-memory transport, which forgets what is not taken: one endpoint for each queue, that acknowledges at once and keeps the tickets here.
/// What comes from a paused queue is held back by the claim.
/// </summary>
sealed partial class InMemoryTicketReceiver(
    IServiceProvider services, ServedQueues queues, SlotScheduler slots, Lazy<Claims> claims, ILogger<InMemoryTicketReceiver> logger) :
    ITicketReceiver
{
    readonly Lock sync = new();
    readonly Dictionary<string, HostReceiveEndpointHandle> connected = [];

    public string? Trouble => null;

    public void Start()
    {
        queues.OnChanged = Follow;
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
        // Nothing can be lost in memory
    }

    void Follow()
    {
        if (queues.IsHeld)
        {
            slots.Shut();
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
                claims.Value.Offer(ticket, queue, delivery: null);
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
