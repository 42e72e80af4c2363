using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>
/// Selects ready instances; if there are none, instances that respond although they are not ready: without a broker they still accept jobs,
/// and without a database their response says so. If none responds, selects those that did not refuse the connection: they may only be
/// slow, and an overload must not become an outage.
/// </summary>
sealed class AnsweringDestinationsPolicy(ProbeResults probes) : IAvailableDestinationsPolicy
{
    public const string PolicyName = "Answering";

    public string Name => PolicyName;

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(ClusterConfig config, IReadOnlyList<DestinationState> allDestinations)
    {
        var ready = allDestinations
            .Where(x => x.Health is { Active: not DestinationHealth.Unhealthy, Passive: not DestinationHealth.Unhealthy })
            .ToArray();
        if (ready.Length > 0)
        {
            return ready;
        }
        var answering = allDestinations.Where(x => probes.Latest(x).Answers).ToArray();
        return answering.Length > 0 ? answering : [.. allDestinations.Where(x => probes.Latest(x).Accepts)];
    }
}
