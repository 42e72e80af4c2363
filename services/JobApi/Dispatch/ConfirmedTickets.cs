using JobSystem.JobApi.Lifecycle;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// Has confirmations of tickets written down, once a second. With a short <see cref="LifecycleOptions.DispatchSeconds"/> more often: before the timers of the jobs
/// take the tickets for unconfirmed.
/// </summary>
public sealed class ConfirmedTickets(TicketDispatcher tickets, TimeProvider time, IOptions<LifecycleOptions> options) : BackgroundDuty
{
    readonly TimeSpan interval = TimeSpan.FromSeconds(Math.Min(1, options.Value.DispatchSeconds / 4));

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(interval, time, stoppingToken);

    protected override Task Work(CancellationToken stoppingToken) => tickets.MarkConfirmed(stoppingToken);
}
