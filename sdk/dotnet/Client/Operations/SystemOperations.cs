using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// The system itself. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing answers.
/// </summary>
public sealed class SystemOperations
{
    readonly ApiConnection api;

    internal SystemOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns product, version, and what there is.</summary>
    public Task<SystemInfo> Info(CancellationToken cancellationToken = default) =>
        api.Read<SystemInfo>(ApiCall.Get("info"), cancellationToken);

    /// <summary>Says who is calling, and what the caller may do.</summary>
    public Task<CallerIdentity> Me(CancellationToken cancellationToken = default) =>
        api.Read<CallerIdentity>(ApiCall.Get("me"), cancellationToken);

    /// <summary>Returns the health of the system and its parts.</summary>
    public Task<SystemHealth> Health(CancellationToken cancellationToken = default) =>
        api.Read<SystemHealth>(ApiCall.Get("health"), cancellationToken);

    /// <summary>Returns the health of a queue.</summary>
    public Task<QueueHealth> QueueHealth(string queueName, CancellationToken cancellationToken = default) =>
        api.Read<QueueHealth>(ApiCall.Get("health", "queues", queueName), cancellationToken);

    /// <summary>Returns what is wrong now, and what was before.</summary>
    public Task<AlertList> Alerts(CancellationToken cancellationToken = default) =>
        api.Read<AlertList>(ApiCall.Get("alerts"), cancellationToken);

    /// <summary>Returns the metrics by name.</summary>
    public Task<MetricsDocument> Metrics(CancellationToken cancellationToken = default) =>
        api.Read<MetricsDocument>(ApiCall.Get("metrics.json"), cancellationToken);
}
