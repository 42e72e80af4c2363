using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>
/// Ready instances; when there is none, those that answer although they are not ready. They know best what they can still do:
/// without a broker jobs are still accepted, and without a database the answer says so. When all are silent, those that did not
/// refuse the connection: they may only be slow, and an overload must not become an outage.
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
