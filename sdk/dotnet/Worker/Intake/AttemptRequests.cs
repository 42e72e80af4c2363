using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Intake;

/// <summary>
/// Determines what this worker requests, and takes in what is granted. It has a place for each slot, and for as many more attempts as
/// <see cref="Prefetch"/> says. Of these places, some are taken by attempts, and for others attempts are requested; the rest is room.
/// </summary>
sealed class AttemptRequests
{
    static readonly TimeSpan longestOpen = TimeSpan.FromSeconds(2);

    readonly Lock sync = new();
    readonly SentRequests sent;
    readonly List<RequestedTask> tasks;
    readonly Attempts attempts;
    readonly Prefetch prefetch;
    readonly ServedQueues queues;
    readonly WorkerIdentity identity;
    readonly IWorkerTransport transport;
    readonly TimeProvider time;
    readonly int slots;
    bool isStarted;
    bool isClosed;

    public AttemptRequests(
        TaskCatalog catalog, Attempts attempts, Prefetch prefetch, ServedQueues queues, WorkerIdentity identity,
        IWorkerTransport transport, IOptions<JobWorkerOptions> options, TimeProvider time)
    {
        (this.attempts, this.prefetch, this.queues, this.identity, this.time) = (attempts, prefetch, queues, identity, time);
        this.transport = transport;
        slots = options.Value.Slots;
        sent = new(time);
        tasks = [.. catalog.Announcements.Select(x => new RequestedTask { Name = x.Name, Version = x.Version })];
        attempts.OnEnd = OnAttemptEnded;
        attempts.OnOverdue = prefetch.Reset;
        queues.OnChanged = RenewAll;
    }

    /// <summary>Called when there may be something to request, without holding a lock.</summary>
    public Action? OnDemandChanged { get; set; }

    /// <summary>The number of attempts that this worker may hold.</summary>
    public int Places => slots + prefetch.Count;

    /// <summary>The number of attempts that are requested but not granted.</summary>
    public int Outstanding
    {
        get { lock (sync) { return sent.Outstanding; } }
    }

    /// <summary>True once the worker stops: nothing is requested any more, and what is granted is released.</summary>
    public bool IsClosed
    {
        get { lock (sync) { return isClosed; } }
    }

    /// <summary>Time until a request has to be renewed; infinite if there is none.</summary>
    public TimeSpan UntilRenewal
    {
        get { lock (sync) { return CanRequest ? sent.UntilDue(RenewAfter) ?? Timeout.InfiniteTimeSpan : Timeout.InfiniteTimeSpan; } }
    }

    /// <summary>
    /// A request is renewed before JobApi forgets it, and, because leases count from it, while most of a lease is left. One that ends by itself is
    /// not renewed.
    /// </summary>
    TimeSpan RenewAfter => transport.EndsRequests ? TimeSpan.FromDays(1) : attempts.Lease is { } lease && lease / 3 < longestOpen ? lease / 3 : longestOpen;

    bool CanRequest => isStarted && !isClosed && !queues.IsPaused;

    /// <summary>Starts requesting attempts.</summary>
    public void Start()
    {
        lock (sync)
        {
            isStarted = true;
        }
        OnDemandChanged?.Invoke();
    }

    /// <summary>Stops requesting attempts.</summary>
    public void Close()
    {
        lock (sync)
        {
            isClosed = true;
        }
        transport.EndRequests();
    }

    /// <summary>
    /// Replaces all open requests: they, or responses to them, may have been lost, or they ask for something else than now.
    /// </summary>
    public void RenewAll()
    {
        lock (sync)
        {
            sent.MakeDue();
        }
        transport.EndRequests();
        OnDemandChanged?.Invoke();
    }

    /// <summary>Creates the next request to send; null if nothing has to be requested now.</summary>
    public RequestAttempts? CreateNext()
    {
        lock (sync)
        {
            if (!CanRequest)
            {
                return null;
            }
            var replaced = sent.CloseDue(RenewAfter);
            var room = Places - attempts.Unended - sent.Outstanding;
            if (room <= 0 || (replaced is null && !IsWorthRequesting(room)))
            {
                return null;
            }
            return new()
            {
                WorkerId = identity.Id,
                RequestId = sent.Add(room),
                Replaces = replaced,
                Count = room,
                Queues = queues.Chosen,
                Tasks = tasks,
            };
        }
    }

    /// <summary>
    /// Starts granted attempts, or lets them wait for a slot. Those that cannot run here are released, and never start here. The lease of
    /// an attempt counts from when its request was sent, because the response may have been delayed.
    /// </summary>
    public void Admit(AttemptsGranted message)
    {
        lock (sync)
        {
            // Together with the attempts, so that nothing is requested for a place that is taken
            sent.Subtract(message.RequestId, message.Granted.Count);
            var sentAt = sent.FindSentAt(message.RequestId);
            foreach (var grant in message.Granted)
            {
                Admit(grant, sentAt);
            }
        }
        OnDemandChanged?.Invoke();
    }

    /// <summary>The request has ended: nothing more is granted to it.</summary>
    public void End(Guid requestId)
    {
        lock (sync)
        {
            sent.Close(requestId);
        }
        OnDemandChanged?.Invoke();
    }

    void Admit(GrantedAttempt grant, long? sentAt)
    {
        var key = new AttemptKey(grant.JobId, grant.Attempt);
        if (attempts.Contains(key))
        {
            return;
        }
        if (sentAt is { } since && time.GetElapsedTime(since).TotalSeconds < grant.Lease && CanRequest)
        {
            attempts.Add(grant, since);
        }
        else
        {
            attempts.Release(key);
        }
    }

    /// <summary>Small requests are only sent if little is outstanding: otherwise there would be one for each attempt that ends.</summary>
    bool IsWorthRequesting(int room) =>
        sent.Outstanding == 0 || room >= Math.Max(1, Places / 2) || sent.Outstanding < Places / 4;

    void OnAttemptEnded()
    {
        prefetch.AddEnd();
        OnDemandChanged?.Invoke();
    }
}
