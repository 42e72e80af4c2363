namespace JobSystem.JobApi.Model;

/// <summary>The queues that are paused or limited, as of the last refresh.</summary>
public sealed class QueueControls(IEnumerable<QueueControl> controls)
{
    public static readonly QueueControls None = new([]);
    readonly Dictionary<string, QueueControl> byName = controls.ToDictionary(x => x.Name, StringComparer.Ordinal);

    public bool IsPaused(string queue) => byName.TryGetValue(queue, out var control) && control.IsPaused;

    public bool HasLimits(string queue) => byName.TryGetValue(queue, out var control) && control.HasLimits;
}
