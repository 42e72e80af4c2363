using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Intake;

/// <summary>Determines the queues and tickets to consume, from the worker's settings and JobApi's announcements.</summary>
sealed class ServedQueues(IOptions<JobWorkerOptions> options, TaskCatalog catalog)
{
    readonly Lock sync = new();
    readonly HashSet<string> names = [];
    readonly QueuesChangedAssembler announcements = new();
    HashSet<string> pausedQueues = [];
    IReadOnlyList<QueuedTask> tasks = [];
    bool isPaused;

    /// <summary>Called after each change, without holding a lock.</summary>
    public Action? OnChanged { get; set; }

    /// <summary>True once JobApi has announced the tasks of the jobs in the queues.</summary>
    public bool HasAnnouncement { get; private set; }

    /// <summary>True if the worker has been paused.</summary>
    public bool IsPaused
    {
        get { lock (sync) { return isPaused; } }
    }

    public IReadOnlyList<string> Names
    {
        get { lock (sync) { return [.. names.Order(StringComparer.Ordinal)]; } }
    }

    bool ServesAll => options.Value.Queues.Count == 0;

    public void Start() => Add(ServesAll ? ["default", .. catalog.Queues] : options.Value.Queues);

    /// <summary>Applies an announcement of JobApi.</summary>
    public void Apply(QueuesChanged message)
    {
        IReadOnlyList<QueuesChanged> parts;
        lock (sync)
        {
            parts = announcements.Add(message);
            if (parts.Count == 0)
            {
                return;
            }
            pausedQueues = [.. parts.SelectMany(x => x.Paused ?? [])];
            // During an upgrade, an instance of an earlier version announces no tasks
            if (parts.Any(x => x.Tasks is not null))
            {
                tasks = [.. parts.SelectMany(x => x.Tasks ?? [])];
                HasAnnouncement = true;
            }
        }
        Add(ServesAll ? parts.SelectMany(x => x.Names) : []);
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
            names.Clear();
        }
        Add(queues.Count == 0 ? ["default", .. catalog.Queues] : queues);
    }

    /// <summary>The kinds of tickets that this worker can run now: of its own tasks, in served queues that are not paused.</summary>
    public List<QueuedTask> RunnableTickets()
    {
        lock (sync)
        {
            return isPaused ? [] : [.. tasks.Where(CanRun)];
        }
    }

    bool CanRun(QueuedTask tickets) =>
        names.Contains(tickets.QueueName) && !pausedQueues.Contains(tickets.QueueName)
        && catalog.Find(tickets.TaskName, tickets.Version) is not null;

    void Add(IEnumerable<string> queues)
    {
        lock (sync)
        {
            names.UnionWith(queues);
        }
        OnChanged?.Invoke();
    }
}
