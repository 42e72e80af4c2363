using System.Collections.Concurrent;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// The position up to which each broker queue has been consumed, as observed by this process. The broker delivers tickets of the same priority
/// in order, and higher priorities first: when a ticket is claimed, all earlier tickets with the same or a higher priority have been delivered.
/// </summary>
public sealed class ClaimedTickets
{
    readonly ConcurrentDictionary<TicketLevel, DateTimeOffset> newest = new();

    public void Add(JobState job)
    {
        // A ticket is never published before its job is ready
        var ready = job.ReadyAt;
        newest.AddOrUpdate(new(job.QueuedTask, job.Priority), static (_, ready) => ready, static (_, known, ready) => known > ready ? known : ready, ready);
    }

    /// <summary>Tickets of the level that were published before this time have been delivered; null if unknown.</summary>
    public DateTimeOffset? HandedOut(TicketLevel level) =>
        TicketLevel.AllOf(level.Task).Where(x => x.Priority <= level.Priority).Max(x => newest.TryGetValue(x, out var ready) ? ready : (DateTimeOffset?)null);
}
