using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// What a worker calls that runs jobs over HTTP (docs/worker-protocol.md). Each method is one operation; all throw <see cref="JobSystemException"/> if it is
/// refused or nothing answers.
/// </summary>
public sealed class WorkerSessionOperations
{
    static readonly TimeSpan usualWait = TimeSpan.FromSeconds(30);
    readonly ApiConnection api;

    internal WorkerSessionOperations(ApiConnection api) => this.api = api;

    /// <summary>Connects a worker.</summary>
    public Task<WorkerSession> Create(CreateWorkerSessionRequest request, CancellationToken cancellationToken = default) =>
        api.Read<WorkerSession>(ApiCall.Post("worker-sessions").With(request, ApiRequestJson.Default.CreateWorkerSessionRequest), cancellationToken);

    /// <summary>Takes attempts to run; waits for the first as long as the request says.</summary>
    public Task<ClaimedAttempts> Claim(string sessionId, ClaimAttemptsRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = ApiCall.Post("worker-sessions", sessionId, "claims").With(request, ApiRequestJson.Default.ClaimAttemptsRequest);
        return api.Read<ClaimedAttempts>(call with { ServerWait = Wait(request.Wait, usualWait) }, cancellationToken);
    }

    /// <summary>Tells what happened to attempts.</summary>
    public Task<ReportsAnswer> Report(string sessionId, ReportAttemptsRequest request, CancellationToken cancellationToken = default)
    {
        var call = ApiCall.Post("worker-sessions", sessionId, "reports").With(request, ApiRequestJson.Default.ReportAttemptsRequest);
        return api.Read<ReportsAnswer>(call with { IsRepeatable = true }, cancellationToken);
    }

    /// <summary>Enqueues a job for a task whose attempt runs. With an idempotency key of the job it can be repeated.</summary>
    public Task<EnqueuedJob> Enqueue(string sessionId, EnqueueFromAttemptRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = ApiCall.Post("worker-sessions", sessionId, "jobs").With(request, ApiRequestJson.Default.EnqueueFromAttemptRequest);
        return api.Read<EnqueuedJob>(call with { IsRepeatable = request.Job.IdempotencyKey is not null }, cancellationToken);
    }

    /// <summary>Renews leases; returns what has to stop.</summary>
    public Task<SessionNews> Heartbeat(string sessionId, SessionHeartbeatRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = ApiCall.Post("worker-sessions", sessionId, "heartbeat").With(request, ApiRequestJson.Default.SessionHeartbeatRequest);
        return api.Read<SessionNews>(call with { IsRepeatable = true, ServerWait = Wait(request.Wait, TimeSpan.Zero) }, cancellationToken);
    }

    /// <summary>Disconnects a worker that has drained.</summary>
    public Task End(string sessionId, CancellationToken cancellationToken = default) =>
        api.Send(ApiCall.Delete("worker-sessions", sessionId), cancellationToken);

    static TimeSpan Wait(double? seconds, TimeSpan otherwise) => seconds is { } given ? TimeSpan.FromSeconds(given) : otherwise;
}
