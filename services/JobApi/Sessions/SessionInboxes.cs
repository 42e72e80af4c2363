using System.Collections.Concurrent;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Sessions;

/// <summary>
/// What workers over HTTP have to know until one of their heartbeats fetches it. A notice reaches all instances; the one that holds a heartbeat of the worker
/// answers it. Notices may be lost, because heartbeats find cancelled and lost attempts in the table, and commands are repeated.
/// </summary>
public sealed class SessionInboxes(TimeProvider time)
{
    /// <summary>How long notices are kept for a worker after its last heartbeat to this instance.</summary>
    static readonly TimeSpan keepFor = TimeSpan.FromSeconds(10);

    /// <summary>Most notices of one kind for one worker. More are dropped.</summary>
    const int Most = 10_000;
    readonly ConcurrentDictionary<string, Inbox> inboxes = new();
    long removeOldAt;

    /// <summary>Waits until there is something that the worker was not told yet, or the time is over.</summary>
    /// <param name="workerId">The worker.</param>
    /// <param name="found">What its heartbeat has found in the table. Each heartbeat is told of it again, but only the first does not wait then.</param>
    /// <param name="wait">The longest wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task Wait(string workerId, SessionNotices found, TimeSpan wait, CancellationToken cancellationToken)
    {
        RemoveOld();
        var inbox = inboxes.GetOrAdd(workerId, _ => new());
        inbox.KeepUntil = TimestampAfter(wait + keepFor);
        await inbox.AddFound(found).WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Takes all that there is for the worker.</summary>
    public SessionNotices Take(string workerId) => inboxes.TryGetValue(workerId, out var inbox) ? inbox.Take() : SessionNotices.None;

    /// <summary>Keeps a notice if the worker sends its heartbeats to this instance.</summary>
    public void Hear(SessionNotice notice)
    {
        if (inboxes.TryGetValue(notice.WorkerId, out var inbox))
        {
            inbox.Add(notice);
        }
    }

    public void Remove(string workerId) => inboxes.TryRemove(workerId, out _);

    void RemoveOld()
    {
        var now = time.GetTimestamp();
        if (now < Volatile.Read(ref removeOldAt))
        {
            return;
        }
        Volatile.Write(ref removeOldAt, TimestampAfter(keepFor));
        foreach (var old in inboxes.Where(x => x.Value.KeepUntil < now))
        {
            inboxes.TryRemove(old);
        }
    }

    long TimestampAfter(TimeSpan span) => time.GetTimestamp() + (long)(span.TotalSeconds * time.TimestampFrequency);

    sealed class Inbox
    {
        readonly Lock sync = new();
        readonly Notices cancel = new();
        readonly Notices revoke = new();
        readonly Dictionary<Guid, ControlWorker> commands = [];
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long keepUntil;

        public long KeepUntil
        {
            get => Volatile.Read(ref keepUntil);
            set => Volatile.Write(ref keepUntil, value);
        }

        public void Add(SessionNotice notice)
        {
            lock (sync)
            {
                var isNew = cancel.Add(notice.Cancel) | revoke.Add(notice.Revoke);
                if (notice.Command is { } command && commands.Count < Most)
                {
                    commands[notice.CommandId] = command;
                    isNew = true;
                }
                if (isNew)
                {
                    arrived.TrySetResult();
                }
            }
        }

        /// <summary>Adds what a heartbeat has found; the task ends when there is something that the worker was not told yet.</summary>
        public Task AddFound(SessionNotices found)
        {
            lock (sync)
            {
                if (cancel.AddFound(found.Cancel) | revoke.AddFound(found.Revoke))
                {
                    arrived.TrySetResult();
                }
                return arrived.Task;
            }
        }

        public SessionNotices Take()
        {
            lock (sync)
            {
                var notices = new SessionNotices(cancel.Take(), revoke.Take(), [.. commands.Select(x => (x.Key, x.Value))]);
                commands.Clear();
                if (arrived.Task.IsCompleted)
                {
                    arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }
                return notices;
            }
        }
    }

    /// <summary>Attempts to be told of, and which of them were told.</summary>
    sealed class Notices
    {
        readonly Dictionary<(Guid, int), AttemptControl> waiting = [];
        readonly HashSet<(Guid, int)> told = [];

        /// <summary>Adds what a heartbeat was not told yet, because it found it in the table before the notice came; true if there was any.</summary>
        public bool Add(IEnumerable<AttemptControl> attempts)
        {
            var count = waiting.Count;
            foreach (var attempt in attempts.Where(x => !told.Contains((x.JobId, x.Attempt))).Take(Most - count))
            {
                waiting[(attempt.JobId, attempt.Attempt)] = attempt;
            }
            return waiting.Count > count;
        }

        /// <summary>Adds all that there are for now; true if one of them was not told yet.</summary>
        public bool AddFound(IReadOnlyList<AttemptControl> attempts)
        {
            foreach (var attempt in attempts)
            {
                waiting[(attempt.JobId, attempt.Attempt)] = attempt;
            }
            told.IntersectWith(attempts.Select(x => (x.JobId, x.Attempt)));
            return attempts.Any(x => !told.Contains((x.JobId, x.Attempt)));
        }

        public List<AttemptControl> Take()
        {
            var taken = waiting.Values.ToList();
            told.UnionWith(waiting.Keys);
            waiting.Clear();
            return taken;
        }
    }
}

/// <summary>What a worker has to know.</summary>
public sealed record SessionNotices(
    IReadOnlyList<AttemptControl> Cancel, IReadOnlyList<AttemptControl> Revoke, IReadOnlyList<(Guid Id, ControlWorker Command)> Commands)
{
    public static SessionNotices None { get; } = new([], [], []);
}
