using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>Results of the latest readiness probes.</summary>
sealed class ProbeResults
{
    readonly ConditionalWeakTable<DestinationState, Probe> probes = [];

    public Probe Latest(DestinationState destination) => probes.GetValue(destination, _ => new());

    internal sealed class Probe
    {
        /// <summary>The instance responded to its latest probe, ready or not.</summary>
        public volatile bool Answers;

        /// <summary>The instance accepted the connection of its latest probe.</summary>
        public volatile bool Accepts;
        public int UnansweredProbes;
    }
}
