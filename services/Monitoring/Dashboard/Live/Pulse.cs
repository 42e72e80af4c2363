namespace JobSystem.Monitoring.Dashboard.Live;

/// <summary>The events of half a second.</summary>
/// <param name="Jobs">Ids of their jobs.</param>
public sealed record Pulse(int Steps, int Completed, int Failed, IReadOnlySet<string> Jobs)
{
    /// <summary>With more jobs than this, their ids are incomplete, and every page of a job loads again.</summary>
    public const int MostJobs = 1000;

    public bool Concerns(string jobId) => Jobs.Count >= MostJobs || Jobs.Contains(jobId);
}
