using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Dispatch;

/// <summary>
/// Where jobs may wait for a worker: the levels, each with the time from which on they became ready, and the jobs that only one worker may run. The
/// table is what counts. This only says where to look, so that what lies in front of the waiting jobs is not read again and again.
/// </summary>
public sealed class WaitingJobs(TimeProvider time)
{
    /// <summary>How long a queue is taken for full: its rate may allow another attempt, or another instance may have seen one end.</summary>
    public static readonly TimeSpan FullFor = TimeSpan.FromMilliseconds(50);

    readonly Lock sync = new();
    readonly Dictionary<WaitingLevel, Position> levels = [];
    readonly Dictionary<string, Dictionary<Guid, PinnedJob>> pinned = [];
    readonly Dictionary<string, long> full = [];

    /// <summary>Positions that claims have left since <see cref="LookAgain"/>, and between the two last calls of it.</summary>
    Dictionary<WaitingLevel, DateTimeOffset> passed = [], passedBefore = [];

    /// <summary>Called after an addition, without holding a lock.</summary>
    public Action? OnAdded { get; set; }

    /// <summary>Adds a job that has nothing to wait for but a worker, and that any worker may run.</summary>
    public void Add(JobState job) => Add(job.Level, job.ReadyAt);

    /// <summary>Jobs of the level may wait that became ready at this time or later.</summary>
    public void Add(WaitingLevel level, DateTimeOffset from)
    {
        lock (sync)
        {
            AddLevel(level, from).IsNews = true;
        }
        OnAdded?.Invoke();
    }

    /// <summary>All levels of the tasks are to be read from the beginning, because jobs may wait of which this instance does not know.</summary>
    public void AddAll(IEnumerable<QueuedTask> tasks)
    {
        lock (sync)
        {
            foreach (var level in tasks.SelectMany(WaitingLevel.AllOf))
            {
                AddOnceMore(level, DateTimeOffset.UnixEpoch);
            }
        }
    }

    /// <summary>The queue was resumed, or its limits were changed.</summary>
    public void NotifyChanged(IEnumerable<QueuedTask> tasks)
    {
        lock (sync)
        {
            foreach (var level in tasks.SelectMany(WaitingLevel.AllOf))
            {
                AddLevel(level, DateTimeOffset.UnixEpoch).IsNews = true;
            }
        }
        OnAdded?.Invoke();
    }

    /// <summary>Adds a waiting job that only this worker may run.</summary>
    public void AddPinned(string workerId, Guid jobId, string queue)
    {
        lock (sync)
        {
            AddPinnedJob(workerId, jobId, queue).IsNews = true;
        }
        OnAdded?.Invoke();
    }

    /// <summary>Adds what another instance cannot hand out. That is no news for others.</summary>
    public void AddFromPeer(JobsWaiting message)
    {
        lock (sync)
        {
            foreach (var x in message.Levels)
            {
                AddLevel(new(new(x.QueueName, x.TaskName, x.Version), x.Priority), x.ReadyAt);
            }
            foreach (var x in message.Pinned)
            {
                AddPinnedJob(x.WorkerId, x.JobId, x.QueueName);
            }
        }
        OnAdded?.Invoke();
    }

    /// <summary>What was added by this instance since the last time, and still waits.</summary>
    public (List<JobsWaitingLevel> Levels, List<JobsWaitingPinned> Pinned) TakeNews(int most)
    {
        List<JobsWaitingLevel> newLevels = [];
        List<JobsWaitingPinned> newPinned = [];
        lock (sync)
        {
            foreach (var (level, position) in levels.Where(x => x.Value.IsNews).Take(most))
            {
                position.IsNews = false;
                newLevels.Add(new()
                {
                    QueueName = level.Task.QueueName,
                    TaskName = level.Task.TaskName,
                    Version = level.Task.Version,
                    Priority = level.Priority,
                    ReadyAt = position.From,
                });
            }
            foreach (var (worker, id, job) in pinned.SelectMany(x => x.Value.Select(y => (x.Key, y.Key, y.Value))).Where(x => x.Value.IsNews).Take(most))
            {
                job.IsNews = false;
                newPinned.Add(new() { JobId = id, QueueName = job.Queue, WorkerId = worker });
            }
        }
        return (newLevels, newPinned);
    }

    /// <summary>Another instance may not know of anything that waits.</summary>
    public void MarkAllAsNews()
    {
        lock (sync)
        {
            foreach (var position in levels.Values)
            {
                position.IsNews = true;
            }
            foreach (var job in pinned.Values.SelectMany(x => x.Values))
            {
                job.IsNews = true;
            }
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
            return pinned.TryGetValue(workerId, out var jobs) ? [.. jobs.Select(x => (x.Key, x.Value.Queue))] : [];
        }
    }

    /// <summary>
    /// What a claim has found is in order: of the levels up to the last job's priority all that is before it has been reserved. Rows that were locked at that moment
    /// were passed over; the second look finds those that still wait. It is taken where the claim found something, or was told that jobs wait.
    /// </summary>
    /// <param name="levels">Where was looked.</param>
    /// <param name="claimed">What was found.</param>
    /// <param name="isAll">True if there was no more.</param>
    public void Advance(IEnumerable<(WaitingLevel Level, DateTimeOffset From)> levels, ClaimedJobs claimed, bool isAll)
    {
        var last = claimed.Jobs.Count > 0 ? claimed.Jobs[^1] : null;
        var found = claimed.Jobs.Select(x => x.Level).ToHashSet();
        foreach (var (level, from) in levels.Where(x => !claimed.Closed.Contains(x.Level.Task.QueueName)))
        {
            if (isAll || level.Priority > last?.Priority)
            {
                Advance(level, from, to: null, found.Contains(level));
            }
            else if (level.Priority == last?.Priority)
            {
                Advance(level, from, last.ReadyAt, found.Contains(level));
            }
        }
    }

    /// <summary>A claim that began at this time has reserved everything before another time. What was added since <see cref="Find"/> stays.</summary>
    /// <param name="level">The level.</param>
    /// <param name="from">Where the claim began.</param>
    /// <param name="to">Where the next one begins; null if nothing waits any more.</param>
    /// <param name="foundAny">True if the claim has reserved jobs of the level.</param>
    public void Advance(WaitingLevel level, DateTimeOffset from, DateTimeOffset? to, bool foundAny)
    {
        lock (sync)
        {
            if (!levels.TryGetValue(level, out var position))
            {
                return;
            }
            if (foundAny || !position.IsSecondLook)
            {
                passed[level] = passed.TryGetValue(level, out var earlier) && earlier < from ? earlier : from;
            }
            position.IsSecondLook = false;
            if ((position.Added < to || to is null ? position.Added : to) is { } next)
            {
                position.From = next;
            }
            else
            {
                levels.Remove(level);
            }
        }
    }

    /// <summary>True if there is something for <see cref="LookAgain"/>.</summary>
    public bool HasPassed
    {
        get { lock (sync) { return passed.Count + passedBefore.Count > 0; } }
    }

    /// <summary>
    /// What claims had passed when this was called the last time is read once more: they pass over a row that another statement has locked at that moment, for
    /// example one that clears its timer.
    /// </summary>
    public void LookAgain()
    {
        lock (sync)
        {
            foreach (var (level, from) in passedBefore)
            {
                AddOnceMore(level, from);
            }
            (passedBefore, passed) = (passed, []);
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
            full[queue] = time.GetTimestamp();
        }
    }

    /// <summary>True if the queue's limits have just been found to allow no more, and no attempt of it has been seen to end since.</summary>
    public bool IsFull(string queue)
    {
        lock (sync)
        {
            return full.TryGetValue(queue, out var at) && time.GetElapsedTime(at) < FullFor;
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

    /// <summary>Nothing says that jobs wait there.</summary>
    void AddOnceMore(WaitingLevel level, DateTimeOffset from)
    {
        var isKnown = levels.ContainsKey(level);
        AddLevel(level, from).IsSecondLook = !isKnown;
    }

    PinnedJob AddPinnedJob(string workerId, Guid jobId, string queue)
    {
        if (!pinned.TryGetValue(workerId, out var jobs))
        {
            pinned[workerId] = jobs = [];
        }
        return jobs.TryGetValue(jobId, out var job) ? job : jobs[jobId] = new(queue);
    }

    Position AddLevel(WaitingLevel level, DateTimeOffset from)
    {
        if (!levels.TryGetValue(level, out var position))
        {
            levels[level] = position = new() { From = from };
        }
        position.From = from < position.From ? from : position.From;
        position.Added = position.Added < from ? position.Added : from;
        position.IsSecondLook = false;
        return position;
    }

    sealed class Position
    {
        /// <summary>No job of the level waits that became ready before.</summary>
        public DateTimeOffset From { get; set; }

        /// <summary>The earliest of the additions since <see cref="Find"/>; null if there were none.</summary>
        public DateTimeOffset? Added { get; set; }

        /// <summary>True if other instances have not been told.</summary>
        public bool IsNews { get; set; }

        /// <summary>True if it was added only to be read once more, although nothing says that jobs wait.</summary>
        public bool IsSecondLook { get; set; }
    }

    sealed class PinnedJob(string queue)
    {
        public string Queue => queue;

        /// <summary>True if other instances have not been told.</summary>
        public bool IsNews { get; set; }
    }
}
