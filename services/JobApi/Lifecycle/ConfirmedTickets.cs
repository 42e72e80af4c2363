using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Has confirmations of tickets written down, once a second.</summary>
public sealed class ConfirmedTickets(TicketDispatcher tickets, TimeProvider time) : BackgroundDuty
{
    static readonly TimeSpan interval = TimeSpan.FromSeconds(1);

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(interval, time, stoppingToken);

    protected override Task Work(CancellationToken stoppingToken) => tickets.MarkConfirmed(stoppingToken);
}
