using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// How far each broker queue has come, as far as this process has seen. The broker hands out the tickets of one priority in the order in which
/// they came, and higher priorities first: once a ticket is claimed, all that were published before it with its priority or a higher
/// one have been handed out.
/// </summary>
public sealed class ClaimedTickets
{
    readonly ConcurrentDictionary<TicketLevel, DateTimeOffset> newest = new();

    public void Add(JobState job)
    {
        // No ticket is published before its job is ready
        var ready = job.FirstReadyAt;
        var task = new QueuedTask { QueueName = job.QueueName, TaskName = job.TaskName, Version = job.TaskVersion };
        newest.AddOrUpdate(new(task, job.Priority), static (_, ready) => ready, static (_, known, ready) => known > ready ? known : ready, ready);
    }

    /// <summary>Tickets of the level that were published before this moment have been handed out. Null when nothing is known.</summary>
    public DateTimeOffset? HandedOut(TicketLevel level) =>
        TicketLevel.AllOf(level.Task).Where(x => x.Priority <= level.Priority).Max(x => newest.TryGetValue(x, out var ready) ? ready : (DateTimeOffset?)null);
}
