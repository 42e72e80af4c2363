using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>Results of the latest readiness probes.</summary>
internal sealed class ProbeResults
{
    private readonly ConditionalWeakTable<DestinationState, Probe> _probes = [];

    public Probe Of(DestinationState destination) => _probes.GetValue(destination, _ => new());

    internal sealed class Probe
    {
        /// <summary>The instance responded to its latest probe, ready or not.</summary>
        public volatile bool Answers;

        /// <summary>The instance accepted the connection of its latest probe.</summary>
        public volatile bool Accepts;
        public int Silences;
    }
}
