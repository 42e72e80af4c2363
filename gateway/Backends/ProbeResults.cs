using System.Runtime.CompilerServices;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Backends;

/// <summary>What the latest readiness probe of each instance brought.</summary>
internal sealed class ProbeResults
{
    private readonly ConditionalWeakTable<DestinationState, Probe> _probes = [];

    public Probe Of(DestinationState destination) => _probes.GetValue(destination, _ => new());

    /// <summary>It answered its latest probe, ready or not.</summary>
    public bool Answers(DestinationState destination) => Of(destination).Answers;

    internal sealed class Probe
    {
        public volatile bool Answers;
        public int Silences;
    }
}
