using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>
/// Ready instances; when there is none, those that answer although they are not ready. They know best what they can still do:
/// without a broker jobs are still accepted, and without a database the answer says so. Silent ones get nothing.
/// </summary>
internal sealed class AnsweringDestinationsPolicy(ProbeResults probes) : IAvailableDestinationsPolicy
{
    public const string PolicyName = "Answering";

    public string Name => PolicyName;

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(ClusterConfig config, IReadOnlyList<DestinationState> allDestinations)
    {
        var ready = allDestinations
            .Where(destination => destination.Health is { Active: not DestinationHealth.Unhealthy, Passive: not DestinationHealth.Unhealthy })
            .ToArray();
        return ready.Length > 0 ? ready : [.. allDestinations.Where(probes.Answers)];
    }
}
