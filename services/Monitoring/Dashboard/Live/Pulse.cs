namespace JobSystem.Monitoring.Dashboard.Live;

/// <summary>What half a second brought.</summary>
public sealed record Pulse(int Steps, int Completed, int Failed, IReadOnlySet<string> Jobs)
{
    /// <summary>More jobs than this are not named: whoever looks at one reads it again.</summary>
    public const int MostJobs = 1000;

    public bool Concerns(string jobId) => Jobs.Count >= MostJobs || Jobs.Contains(jobId);
}
