using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>What the latest readiness probe of each instance brought.</summary>
internal sealed class ProbeResults
{
    private readonly ConditionalWeakTable<DestinationState, Probe> _probes = [];

    public Probe Of(DestinationState destination) => _probes.GetValue(destination, _ => new());

    internal sealed class Probe
    {
        /// <summary>It answered its latest probe, ready or not.</summary>
        public volatile bool Answers;

        /// <summary>It took the connection of its latest probe, whether or not it answered.</summary>
        public volatile bool Accepts;
        public int Silences;
    }
}
