using System.Text;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Dispatch;

/// <summary>The requests of workers for attempts that have not been answered in full.</summary>
public sealed class AttemptRequests(TimeProvider time)
{
    static readonly TimeSpan validFor = TimeSpan.FromSeconds(RequestAttempts.ValidSeconds);

    static readonly TimeSpan forgetAfter = TimeSpan.FromMinutes(1);

    /// <summary>More than any worker has room for.</summary>
    const int MostOfOne = 10_000;
    const int MaxWorkerId = 200;

    readonly Lock sync = new();
    readonly Dictionary<Guid, OpenRequest> open = [];

    /// <summary>Workers that drain or have stopped, and since when that is known. Their ids do not come back.</summary>
    readonly Dictionary<string, long> left = [];

    /// <summary>Called after a request has arrived, without holding a lock.</summary>
    public Action? OnAdded { get; set; }

    /// <summary>How many attempts are asked for.</summary>
    public int Wanted
    {
        get { lock (sync) { return open.Values.Sum(x => x.Open); } }
    }

    /// <summary>Adds a request. One that no worker of ours can have sent is ignored.</summary>
    /// <param name="request">The request.</param>
    /// <param name="receive">
    /// Takes what is granted. The request is then open until it is answered or <see cref="Withdraw">withdrawn</see>.
    /// Null: the worker's inbox takes it, and the request is open for <see cref="RequestAttempts.ValidSeconds"/>.
    /// </param>
    public void Add(RequestAttempts request, ReceiveAttempts? receive = null)
    {
        if (!IsWorkerId(request.WorkerId) || request.Tasks is null)
        {
            return;
        }
        lock (sync)
        {
            if (request.Replaces is { } earlier)
            {
                open.Remove(earlier);
            }
            if (request.Count > 0 && !left.ContainsKey(request.WorkerId))
            {
                open[request.RequestId] = new(request, receive, time.GetTimestamp()) { Open = Math.Min(request.Count, MostOfOne) };
            }
        }
        OnAdded?.Invoke();
    }

    /// <summary>Nothing is granted to the request any more, but for what is under way.</summary>
    public void Withdraw(Guid requestId)
    {
        lock (sync)
        {
            open.Remove(requestId);
        }
    }

    /// <summary>True if the id can be part of an address on the bus, and be stored.</summary>
    static bool IsWorkerId(string? id) =>
        id is { Length: > 0 and <= MaxWorkerId } && id.EnumerateRunes().All(x => x != Rune.ReplacementChar && !Rune.IsControl(x));

    /// <summary>Removes the requests of a worker that drains or has stopped, also those that are still on their way.</summary>
    public void Leave(string workerId)
    {
        lock (sync)
        {
            foreach (var request in open.Values.Where(x => x.WorkerId == workerId).ToList())
            {
                open.Remove(request.Id);
            }
            foreach (var (worker, _) in left.Where(x => time.GetElapsedTime(x.Value) > forgetAfter).ToList())
            {
                left.Remove(worker);
            }
            left[workerId] = time.GetTimestamp();
        }
    }

    /// <summary>The open requests, those of workers that can run the same jobs together. Requests that are too old are removed.</summary>
    public List<List<OpenRequest>> Groups()
    {
        lock (sync)
        {
            foreach (var (id, request) in open)
            {
                if (request.Receive is null && time.GetElapsedTime(request.ArrivedAt) >= validFor)
                {
                    open.Remove(id);
                }
            }
            return [.. open.Values.GroupBy(x => x.Ability).Select(x => x.ToList())];
        }
    }

    /// <summary>So many attempts have been granted to the request.</summary>
    public void Take(OpenRequest request, int count)
    {
        lock (sync)
        {
            request.Open -= count;
            if (request.Open <= 0)
            {
                open.Remove(request.Id);
            }
        }
    }
}

/// <summary>Takes attempts that are granted to a request. Must return at once.</summary>
/// <param name="granted">The attempts.</param>
/// <param name="leaseUntil">When their leases end.</param>
/// <returns>False if they are no longer wanted.</returns>
public delegate bool ReceiveAttempts(IReadOnlyList<GrantedAttempt> granted, DateTimeOffset leaseUntil);

/// <summary>A request that has not been answered in full.</summary>
public sealed class OpenRequest(RequestAttempts request, ReceiveAttempts? receive, long arrivedAt)
{
    readonly HashSet<string>? queues = request.Queues?.ToHashSet(StringComparer.Ordinal);
    readonly HashSet<(string, string)> tasks = [.. request.Tasks.Select(x => (x.Name, x.Version))];
    readonly HashSet<string> names = request.Tasks.Select(x => x.Name).ToHashSet(StringComparer.Ordinal);

    public Guid Id => request.RequestId;
    public string WorkerId => request.WorkerId;
    public long ArrivedAt => arrivedAt;

    /// <summary>Takes what is granted; null if the worker's inbox does.</summary>
    public ReceiveAttempts? Receive => receive;

    /// <summary>How many attempts may still be granted.</summary>
    public int Open { get; set; }

    /// <summary>The same for all workers that can run the same jobs.</summary>
    public string Ability { get; } = string.Join('\n',
    [
        request.Queues is null ? "all queues" : $"queues\t{string.Join('\t', request.Queues.Order(StringComparer.Ordinal))}",
        .. request.Tasks.Select(x => $"{x.Name}\t{x.Version}").Order(StringComparer.Ordinal),
    ]);

    /// <summary>True if the worker can run such jobs.</summary>
    public bool Fits(QueuedTask task) =>
        (queues is null || queues.Contains(task.QueueName)) && (task.Version is null ? names.Contains(task.TaskName) : tasks.Contains((task.TaskName, task.Version)));
}
