using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>Excludes an instance that refuses connections immediately, without waiting for the next probe.</summary>
sealed class RefusedConnectionPolicy(IDestinationHealthUpdater health) : IPassiveHealthCheckPolicy
{
    public const string PolicyName = "RefusedConnection";

    public string Name => PolicyName;

    public void RequestProxied(HttpContext context, ClusterState cluster, DestinationState destination)
    {
        if (context.Features.Get<IForwarderErrorFeature>() is { } error && Failure.NeverConnected(error.Exception))
        {
            var pause = cluster.Model.Config.HealthCheck?.Passive?.ReactivationPeriod ?? TimeSpan.Zero;
            health.SetPassive(cluster, destination, DestinationHealth.Unhealthy, pause);
        }
    }
}
