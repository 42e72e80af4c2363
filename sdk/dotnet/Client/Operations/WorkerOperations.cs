using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// Workers. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing answers.
/// </summary>
public sealed class WorkerOperations
{
    static readonly TimeSpan usualWait = TimeSpan.FromSeconds(5);
    readonly ApiConnection api;

    internal WorkerOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns the workers.</summary>
    /// <param name="status">Only those with one of these statuses. Default: all.</param>
    /// <param name="queueName">Only those that serve this queue. Default: all.</param>
    public Task<Listing<WorkerProcess>> List(
        IReadOnlyList<string>? status = null, string? queueName = null, int? limit = null, int? offset = null,
        CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery { { "status", status }, { "queue_name", queueName }, { "limit", limit }, { "offset", offset } };
        return api.Read<Listing<WorkerProcess>>(ApiCall.Get("workers") with { Query = query }, cancellationToken);
    }

    /// <summary>Returns a worker.</summary>
    /// <param name="workerId">Its id or its name.</param>
    public Task<WorkerProcess> Get(string workerId, CancellationToken cancellationToken = default) =>
        api.Read<WorkerProcess>(ApiCall.Get("workers", workerId), cancellationToken);

    /// <summary>Asks a worker whether it is there.</summary>
    public Task<WorkerAnswer> Ping(string workerId, WorkerRequest? request = null, CancellationToken cancellationToken = default) =>
        Command(workerId, "ping", request, cancellationToken);

    /// <summary>Has a worker take no more jobs.</summary>
    public Task<WorkerAnswer> Pause(string workerId, WorkerRequest? request = null, CancellationToken cancellationToken = default) =>
        Command(workerId, "pause", request, cancellationToken);

    /// <summary>Has a paused worker take jobs again.</summary>
    public Task<WorkerAnswer> Resume(string workerId, WorkerRequest? request = null, CancellationToken cancellationToken = default) =>
        Command(workerId, "resume", request, cancellationToken);

    /// <summary>Has a worker read its settings again.</summary>
    public Task<WorkerAnswer> Reload(string workerId, WorkerRequest? request = null, CancellationToken cancellationToken = default) =>
        Command(workerId, "reload", request, cancellationToken);

    /// <summary>Ends a worker.</summary>
    public Task<WorkerAnswer> Shutdown(string workerId, WorkerRequest? request = null, CancellationToken cancellationToken = default) =>
        Command(workerId, "shutdown", request, cancellationToken);

    /// <summary>Sends a command to all workers, or to those of a queue.</summary>
    public Task<BroadcastAnswer> Broadcast(BroadcastRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var call = ApiCall.Post("workers", "broadcast").With(request, ApiRequestJson.Default.BroadcastRequest);
        return api.Read<BroadcastAnswer>(call with { ServerWait = WaitOf(request) }, cancellationToken);
    }

    Task<WorkerAnswer> Command(string workerId, string command, WorkerRequest? request, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post("workers", workerId, command).With(request ?? new(), ApiRequestJson.Default.WorkerRequest);
        return api.Read<WorkerAnswer>(call with { ServerWait = WaitOf(request) }, cancellationToken);
    }

    static TimeSpan WaitOf(WorkerRequest? request) => request?.Timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : usualWait;
}
