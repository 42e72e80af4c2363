using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Bus;

/// <summary>Determines the queues and tickets to consume, from the worker's settings and JobApi's announcements.</summary>
sealed class ServedQueues(IOptions<JobWorkerOptions> options, TaskCatalog catalog)
{
    readonly Lock sync = new();
    readonly HashSet<string> named = [];
    readonly QueueNews news = new();
    HashSet<string> paused = [];
    IReadOnlyList<QueuedTask> tasks = [];
    bool isHeld;

    /// <summary>Called after each change, without holding a lock.</summary>
    public Action? OnChanged { get; set; }

    /// <summary>True once JobApi has announced which tasks the queues have jobs of.</summary>
    public bool HasLearned { get; private set; }

    /// <summary>True if the worker has been paused.</summary>
    public bool IsHeld
    {
        get { lock (sync) { return isHeld; } }
    }

    public IReadOnlyList<string> Names
    {
        get { lock (sync) { return [.. named.Order(StringComparer.Ordinal)]; } }
    }

    bool ServesAll => options.Value.Queues.Count == 0;

    public void Start() => Add(ServesAll ? ["default", .. catalog.Queues] : options.Value.Queues);

    public void Learn(QueuesChanged message)
    {
        IReadOnlyList<QueuesChanged> parts;
        lock (sync)
        {
            parts = news.Take(message);
            if (parts.Count == 0)
            {
                return;
            }
            paused = [.. parts.SelectMany(x => x.Paused ?? [])];
            // An instance of an earlier version, in an upgrade, knows of queues only
            if (parts.Any(x => x.Tasks is not null))
            {
                tasks = [.. parts.SelectMany(x => x.Tasks ?? [])];
                HasLearned = true;
            }
        }
        Add(ServesAll ? parts.SelectMany(x => x.Names) : []);
    }

    /// <summary>Pauses or resumes the worker.</summary>
    public void Hold(bool hold)
    {
        lock (sync)
        {
            isHeld = hold;
        }
        OnChanged?.Invoke();
    }

    /// <summary>Replaces the served queues; an empty list means all queues.</summary>
    public void Replace(IReadOnlyList<string> names)
    {
        lock (sync)
        {
            named.Clear();
        }
        Add(names.Count == 0 ? ["default", .. catalog.Queues] : names);
    }

    /// <summary>The tickets that this worker can run now: of served queues that are not paused, and of its own tasks.</summary>
    public List<QueuedTask> Tickets()
    {
        lock (sync)
        {
            return isHeld ? [] : [.. tasks.Where(x => named.Contains(x.QueueName) && !paused.Contains(x.QueueName) && catalog.Find(x.TaskName, x.Version) is not null)];
        }
    }

    void Add(IEnumerable<string> names)
    {
        lock (sync)
        {
            named.UnionWith(names);
        }
        OnChanged?.Invoke();
    }
}
