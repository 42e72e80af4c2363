using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>Server-sent events; each setting has one environment variable.</summary>
public sealed class StreamOptions
{
    /// <summary>Interval of keep-alive comments on idle streams. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_STREAM_HEARTBEAT_SECONDS"), Range(0.05, 600)]
    public double HeartbeatSeconds { get; set; } = 15;

    /// <summary>Number of events that an instance keeps for clients that reconnect.</summary>
    [ConfigurationKeyName("JOBSYSTEM_STREAM_BACKLOG"), Range(1, 1_000_000)]
    public int Backlog { get; set; } = 20_000;

    /// <summary>Maximum size of those events together. Bytes.</summary>
    [ConfigurationKeyName("JOBSYSTEM_STREAM_BACKLOG_BYTES"), Range(1024, 1 << 30)]
    public int BacklogBytes { get; set; } = 16 << 20;

    /// <summary>Maximum number of open streams per owner and instance.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_STREAMS"), Range(1, 1_000_000)]
    public int MostOfOneOwner { get; set; } = 500;

    public TimeSpan Heartbeat => TimeSpan.FromSeconds(HeartbeatSeconds);
}
