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

    /// <summary>Waits until there is something for the worker, or the time is over, and takes it.</summary>
    public async Task<SessionNotices> Take(string workerId, TimeSpan wait, CancellationToken cancellationToken)
    {
        RemoveOld();
        var inbox = inboxes.GetOrAdd(workerId, _ => new());
        var until = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        inbox.KeepUntil = until + (long)(keepFor.TotalSeconds * time.TimestampFrequency);
        if (wait > TimeSpan.Zero)
        {
            await inbox.Arrived(wait, time, cancellationToken);
        }
        return inbox.Take();
    }

    /// <summary>Keeps a notice if the worker sends its heartbeats to this instance.</summary>
    public void Hear(SessionNotice notice)
    {
        if (inboxes.TryGetValue(notice.WorkerId, out var inbox))
        {
            inbox.Add(notice, Most);
        }
    }

    public void Remove(string workerId) => inboxes.TryRemove(workerId, out _);

    void RemoveOld()
    {
        var now = time.GetTimestamp();
        foreach (var old in inboxes.Where(x => x.Value.KeepUntil < now))
        {
            inboxes.TryRemove(old);
        }
    }

    sealed class Inbox
    {
        readonly Lock sync = new();
        readonly Dictionary<(Guid, int), AttemptControl> cancel = [];
        readonly Dictionary<(Guid, int), AttemptControl> revoke = [];
        readonly Dictionary<Guid, ControlWorker> commands = [];
        TaskCompletionSource arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        long keepUntil;

        public long KeepUntil
        {
            get => Volatile.Read(ref keepUntil);
            set => Volatile.Write(ref keepUntil, value);
        }

        public void Add(SessionNotice notice, int most)
        {
            lock (sync)
            {
                Add(cancel, notice.Cancel, most);
                Add(revoke, notice.Revoke, most);
                if (notice.Command is { } command && commands.Count < most)
                {
                    commands[notice.CommandId] = command;
                }
                arrived.TrySetResult();
            }
        }

        public async Task Arrived(TimeSpan wait, TimeProvider time, CancellationToken cancellationToken)
        {
            Task next;
            lock (sync)
            {
                next = arrived.Task;
            }
            await Task.WhenAny(next, Task.Delay(wait, time, cancellationToken));
        }

        public SessionNotices Take()
        {
            lock (sync)
            {
                var notices = new SessionNotices([.. cancel.Values], [.. revoke.Values], [.. commands.Select(x => (x.Key, x.Value))]);
                cancel.Clear();
                revoke.Clear();
                commands.Clear();
                if (arrived.Task.IsCompleted)
                {
                    arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }
                return notices;
            }
        }

        static void Add(Dictionary<(Guid, int), AttemptControl> kept, IEnumerable<AttemptControl> more, int most)
        {
            foreach (var attempt in more.Take(most - kept.Count))
            {
                kept[(attempt.JobId, attempt.Attempt)] = attempt;
            }
        }
    }
}

/// <summary>What a worker has to know.</summary>
public sealed record SessionNotices(
    IReadOnlyList<AttemptControl> Cancel, IReadOnlyList<AttemptControl> Revoke, IReadOnlyList<(Guid Id, ControlWorker Command)> Commands);
