using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// Where jobs may wait for a worker: the levels, each with the time from which on they became ready, and the jobs that only one worker may run. The
/// table is what counts. This only says where to look, so that what lies in front of the waiting jobs is not read again and again.
/// </summary>
public sealed class WaitingJobs
{
    readonly Lock sync = new();
    readonly Dictionary<WaitingLevel, Position> levels = [];
    readonly Dictionary<string, Dictionary<Guid, string>> pinned = [];
    readonly HashSet<string> full = [];

    /// <summary>Called after an addition, without holding a lock.</summary>
    public Action? OnAdded { get; set; }

    /// <summary>Adds a job that has nothing to wait for but a worker, and that any worker may run.</summary>
    public void Add(JobState job) => Add(job.Level, job.ReadyAt);

    /// <summary>Jobs of the level may wait that became ready at this time or later.</summary>
    public void Add(WaitingLevel level, DateTimeOffset from)
    {
        lock (sync)
        {
            AddLevel(level, from);
        }
        OnAdded?.Invoke();
    }

    /// <summary>All levels of the tasks are to be read from the beginning.</summary>
    public void AddAll(IEnumerable<QueuedTask> tasks)
    {
        lock (sync)
        {
            foreach (var level in tasks.SelectMany(WaitingLevel.AllOf))
            {
                AddLevel(level, DateTimeOffset.UnixEpoch);
            }
        }
        OnAdded?.Invoke();
    }

    /// <summary>Adds a waiting job that only this worker may run.</summary>
    public void AddPinned(string workerId, Guid jobId, string queue)
    {
        lock (sync)
        {
            if (!pinned.TryGetValue(workerId, out var jobs))
            {
                pinned[workerId] = jobs = [];
            }
            jobs[jobId] = queue;
        }
        OnAdded?.Invoke();
    }

    /// <summary>The levels in which a worker that fits may find jobs.</summary>
    public List<(WaitingLevel Level, DateTimeOffset From)> Find(Func<QueuedTask, bool> fits)
    {
        lock (sync)
        {
            List<(WaitingLevel, DateTimeOffset)> found = [];
            foreach (var (level, position) in levels)
            {
                if (fits(level.Task))
                {
                    position.Added = null;
                    found.Add((level, position.From));
                }
            }
            return found;
        }
    }

    /// <summary>The jobs that only this worker may run, with their queues.</summary>
    public List<(Guid JobId, string Queue)> FindPinned(string workerId)
    {
        lock (sync)
        {
            return pinned.TryGetValue(workerId, out var jobs) ? [.. jobs.Select(x => (x.Key, x.Value))] : [];
        }
    }

    /// <summary>Everything before this time has been reserved. What was added since <see cref="Find"/> stays.</summary>
    public void Advance(WaitingLevel level, DateTimeOffset to)
    {
        lock (sync)
        {
            if (levels.TryGetValue(level, out var position))
            {
                position.From = position.Added < to ? position.Added.Value : to;
            }
        }
    }

    /// <summary>Nothing waits in the level any more, but for what was added since <see cref="Find"/>.</summary>
    public void Remove(WaitingLevel level)
    {
        lock (sync)
        {
            if (!levels.TryGetValue(level, out var position))
            {
                return;
            }
            if (position.Added is { } added)
            {
                position.From = added;
            }
            else
            {
                levels.Remove(level);
            }
        }
    }

    /// <summary>The job has been reserved, or does not wait.</summary>
    public void RemovePinned(string workerId, Guid jobId)
    {
        lock (sync)
        {
            if (pinned.TryGetValue(workerId, out var jobs) && jobs.Remove(jobId) && jobs.Count == 0)
            {
                pinned.Remove(workerId);
            }
        }
    }

    /// <summary>The queue's limits allow no more attempts now.</summary>
    public void SetFull(string queue)
    {
        lock (sync)
        {
            full.Add(queue);
        }
    }

    /// <summary>An attempt of the queue has ended, so its limits may allow another.</summary>
    public void NotifyFreed(string queue)
    {
        lock (sync)
        {
            if (!full.Remove(queue))
            {
                return;
            }
        }
        OnAdded?.Invoke();
    }

    void AddLevel(WaitingLevel level, DateTimeOffset from)
    {
        if (!levels.TryGetValue(level, out var position))
        {
            levels[level] = position = new() { From = from };
        }
        position.From = from < position.From ? from : position.From;
        position.Added = position.Added < from ? position.Added : from;
    }

    sealed class Position
    {
        /// <summary>No job of the level waits that became ready before.</summary>
        public DateTimeOffset From { get; set; }

        /// <summary>The earliest of the additions since <see cref="Find"/>; null if there were none.</summary>
        public DateTimeOffset? Added { get; set; }
    }
}
