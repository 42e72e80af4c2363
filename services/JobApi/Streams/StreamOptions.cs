using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Streams;

/// <summary>Server-sent events; each setting has one environment variable.</summary>
public sealed class StreamOptions
{
    /// <summary>A stream on which nothing happens says that it is alive. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_STREAM_HEARTBEAT_SECONDS"), Range(0.05, 600)]
    public double HeartbeatSeconds { get; set; } = 15;

    /// <summary>Events that an instance keeps for clients that come back.</summary>
    [ConfigurationKeyName("JOBSYSTEM_STREAM_BACKLOG"), Range(1, 1_000_000)]
    public int Backlog { get; set; } = 20_000;

    /// <summary>Bytes that those events may have together.</summary>
    [ConfigurationKeyName("JOBSYSTEM_STREAM_BACKLOG_BYTES"), Range(1024, 1 << 30)]
    public int BacklogBytes { get; set; } = 16 << 20;

    /// <summary>Streams that one owner may have open on one instance.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_STREAMS"), Range(1, 1_000_000)]
    public int MostOfOneOwner { get; set; } = 500;

    public TimeSpan Heartbeat => TimeSpan.FromSeconds(HeartbeatSeconds);
}
