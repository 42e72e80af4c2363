namespace JobSystem.Bench;

/// <summary>What the command line said.</summary>
public sealed record BenchOptions
{
    public string? EnvFile { get; init; }
    public Uri? Url { get; init; }
    public string? Data { get; init; }
    public int Slots { get; init; }
    public int Executors { get; init; }
    public int JobApis { get; init; }
    public string? Json { get; init; }
    public int Statements { get; init; }
    public int Jobs { get; init; }
    public int Batch { get; init; }
    public int Submitters { get; init; }
    public int Connections { get; init; }
    public int Rounds { get; init; }
    public int WarmUps { get; init; }
    public int Rate { get; init; }
    public int Seconds { get; init; }
    public int Pending { get; init; }
    public int Requests { get; init; }
    public int PeerJobs { get; init; }
    public int RawMessages { get; init; }
    public bool PeersOnly { get; init; }
    public string? Peers { get; init; }
    public string? Sketch { get; init; }
    public int ColdJobs { get; init; }
}
