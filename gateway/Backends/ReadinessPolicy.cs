using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>Classifies instances as ready, not ready or silent. A single slow response is tolerated; a refused connection is not.</summary>
sealed partial class ReadinessPolicy(
    ProbeResults probes, IDestinationHealthUpdater health, IClusterDestinationsUpdater destinations, ILogger<ReadinessPolicy> logger)
    : IActiveHealthCheckPolicy
{
    public const string PolicyName = "Readiness";
    const int ToleratedFailures = 1;

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
    {
        health.SetActive(cluster, [.. probingResults.Select(result => Judge(cluster, result))]);
        // The health state does not distinguish a silent instance from one that is not ready, but the list of available ones depends on it
        destinations.UpdateAvailableDestinations(cluster);
    }

    NewActiveDestinationHealth Judge(ClusterState cluster, DestinationProbingResult result)
    {
        var probe = probes.Latest(result.Destination);
        var before = result.Destination.Health.Active;
        var refused = Failure.NeverConnected(result.Exception);
        probe.Accepts = !refused;
        probe.UnansweredProbes = result.Response is not null ? 0 : probe.UnansweredProbes + 1;
        var forgiven = result.Response is null && !refused && probe.UnansweredProbes <= ToleratedFailures;
        if (!forgiven)
        {
            probe.Answers = result.Response is not null;
        }

        var now = result.Response?.IsSuccessStatusCode == true ? DestinationHealth.Healthy
            : forgiven ? before
            : DestinationHealth.Unhealthy;
        if (now != before && cluster.ClusterId != Routes.JobApiWaiting)
        {
            Log(cluster.ClusterId, result.Destination.DestinationId,
                now == DestinationHealth.Healthy ? "ready" : probe.Answers ? "not ready" : "silent");
        }

        return new(result.Destination, now);
    }

    [LoggerMessage(1501, LogLevel.Information, "Instance {Instance} of {Cluster} is {State}")]
    partial void Log(string cluster, string instance, string state);
}
