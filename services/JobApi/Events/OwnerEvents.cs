using System.Text;
using JobSystem.Contracts;
using JobSystem.ServiceDefaults.Bus;
using MassTransit;

namespace JobSystem.JobApi.Events;

/// <summary>
/// Steps for other services, each under the name of its job's owner: the broker's topic permissions decide who hears whose jobs (docs/bus.md).
/// </summary>
sealed class OwnerEvents(IBus bus)
{
    /// <summary>Longest routing key, in bytes. No user of the broker has a longer name.</summary>
    const int MaxKey = 255;

    static readonly Uri address = new($"exchange:{BusAddresses.JobEvents}?type=topic");
    bool isDeclared;

    /// <summary>The exchange is there from the start, so that queues can be bound to it.</summary>
    public async Task Declare(CancellationToken cancellationToken)
    {
        if (!isDeclared)
        {
            await Send("", [], cancellationToken);
            isDeclared = true;
        }
    }

    public async Task Send(IEnumerable<JobEvent> steps, Func<JobEvent, int> measure, CancellationToken cancellationToken)
    {
        foreach (var own in steps.GroupBy(x => x.Owner, StringComparer.Ordinal).Where(x => Encoding.UTF8.GetByteCount(x.Key) <= MaxKey))
        {
            foreach (var part in MessageSize.Cut(own, measure))
            {
                await Send(own.Key, part, cancellationToken);
            }
        }
    }

    async Task Send(string key, IReadOnlyList<JobEvent> items, CancellationToken cancellationToken)
    {
        var endpoint = await bus.GetSendEndpoint(address);
        await endpoint.Send(new JobEvents { Items = items }, x => x.SetRoutingKey(key), cancellationToken);
    }
}
