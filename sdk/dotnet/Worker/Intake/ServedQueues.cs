using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Intake;

/// <summary>Determines the queues of which attempts are requested, from the worker's settings and JobApi's announcements.</summary>
sealed class ServedQueues(IOptions<JobWorkerOptions> options, TaskCatalog catalog)
{
    readonly Lock sync = new();
    readonly HashSet<string> announced = [];
    IReadOnlyList<string> chosen = options.Value.Queues;
    bool isPaused;

    /// <summary>Called when other attempts have to be requested than before, without holding a lock.</summary>
    public Action? OnChanged { get; set; }

    /// <summary>True once JobApi has announced its queues.</summary>
    public bool HasAnnouncement { get; private set; }

    /// <summary>True if the worker has been paused.</summary>
    public bool IsPaused
    {
        get { lock (sync) { return isPaused; } }
    }

    /// <summary>The queues of the settings; null for all queues.</summary>
    public IReadOnlyList<string>? Chosen
    {
        get { lock (sync) { return chosen.Count == 0 ? null : chosen; } }
    }

    /// <summary>Names of the served queues, as far as they are known.</summary>
    public IReadOnlyList<string> Names
    {
        get
        {
            lock (sync)
            {
                IEnumerable<string> names = chosen.Count > 0 ? chosen : ["default", .. catalog.Queues, .. announced];
                return [.. names.Distinct().Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Adds the queues of an announcement to the known ones.</summary>
    public void Apply(QueuesChanged message)
    {
        lock (sync)
        {
            announced.UnionWith(message.Names);
            HasAnnouncement = true;
        }
    }

    /// <summary>Pauses or resumes the worker.</summary>
    public void SetPaused(bool paused)
    {
        lock (sync)
        {
            isPaused = paused;
        }
        OnChanged?.Invoke();
    }

    /// <summary>Replaces the served queues; an empty list means all queues.</summary>
    public void Replace(IReadOnlyList<string> queues)
    {
        lock (sync)
        {
            chosen = queues;
        }
        OnChanged?.Invoke();
    }
}
