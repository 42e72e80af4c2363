using JobSystem.Contracts;

namespace JobSystem.Worker.Transport;

/// <summary>How a worker reaches JobSystem. What could not be sent is sent again by whoever called; what arrives goes to the inbox.</summary>
interface IWorkerTransport
{
    /// <summary>Where the worker is connected, for people; without credentials.</summary>
    string Address { get; }

    /// <summary>Why attempts cannot be requested at the moment; null if they can.</summary>
    string? UnavailableReason { get; }

    /// <summary>
    /// True if each request ends by itself, and the inbox is told. False if JobApi forgets it after a while, so that it has to be renewed.
    /// </summary>
    bool EndsRequests { get; }

    /// <summary>True if a heartbeat may be answered late, with news: then the next is sent as soon as one was answered.</summary>
    bool HoldsHeartbeats { get; }

    /// <summary>True if the served queues may change while the worker runs.</summary>
    bool MayChangeQueues { get; }

    /// <summary>Asks for attempts. They arrive at the inbox.</summary>
    Task Send(RequestAttempts request);

    /// <summary>Ends all requests, if <see cref="EndsRequests"/>: the worker wants other attempts now, or none.</summary>
    void EndRequests();

    /// <summary>Reports what happened to attempts. Completes when JobSystem has it for sure.</summary>
    /// <param name="reports">The reports.</param>
    /// <param name="containsEnd">True if an attempt has ended: this must not be lost.</param>
    Task Send(ReportAttempts reports, bool containsEnd);

    /// <summary>Enqueues a job for a running task. Returns its id when it is durable.</summary>
    /// <exception cref="JobRefusedException">It was refused.</exception>
    /// <exception cref="JobSystemUnavailableException">No answer came: sent again, it is the same job.</exception>
    Task<string> Send(EnqueueJob job, CancellationToken cancellationToken);

    /// <summary>Renews leases. Completes when JobSystem has it.</summary>
    /// <param name="heartbeat">The heartbeat.</param>
    /// <param name="hold">How long its answer may be held until there is news. Ignored unless <see cref="HoldsHeartbeats"/>.</param>
    Task Send(WorkerHeartbeat heartbeat, TimeSpan hold);

    /// <summary>A heartbeat that is held is answered now, because another has to be sent.</summary>
    void EndHold();

    /// <summary>Announces the tasks, and asks for the queues.</summary>
    Task Send(AnnounceTasks announcement);

    /// <summary>Connects, and stays connected until the token is cancelled.</summary>
    Task Run(CancellationToken cancellationToken);
}
