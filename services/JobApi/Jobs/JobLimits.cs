using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Jobs;

/// <summary>What a submission may look like, over HTTP and on the bus alike; each limit has one environment variable.</summary>
public sealed class JobLimits
{
    /// <summary>Largest body of a request that is not a batch. Bytes.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_BODY_BYTES"), Range(1024, 1 << 30)]
    public int BodyBytes { get; set; } = 1 << 20;

    /// <summary>Largest body of a batch. Bytes.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_BATCH_BYTES"), Range(1024, 1 << 30)]
    public int BatchBytes { get; set; } = 16 << 20;

    /// <summary>Jobs in one batch.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_BATCH_JOBS"), Range(1, 10_000)]
    public int BatchJobs { get; set; } = 1000;

    /// <summary><c>args</c> and <c>kwargs</c> of one job together. Bytes of JSON text.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_ARGS_BYTES"), Range(2, 1 << 28)]
    public int ArgsBytes { get; set; } = 256 << 10;

    /// <summary><c>metadata</c> of one job. Bytes of JSON text.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_METADATA_BYTES"), Range(2, 1 << 28)]
    public int MetadataBytes { get; set; } = 16 << 10;

    /// <summary>A <c>result</c> that is given by hand. Bytes of JSON text.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_RESULT_BYTES"), Range(2, 1 << 28)]
    public int ResultBytes { get; set; } = 256 << 10;

    /// <summary>Arrays and objects within each other in <c>args</c>, <c>kwargs</c> or <c>metadata</c>.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_NESTING"), Range(1, 60)]
    public int Nesting { get; set; } = 32;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TAGS"), Range(0, 1000)]
    public int Tags { get; set; } = 32;

    /// <summary>Characters of one tag.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TAG_LENGTH"), Range(1, 1000)]
    public int TagLength { get; set; } = 64;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TITLE_LENGTH"), Range(1, 10_000)]
    public int TitleLength { get; set; } = 200;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_DESCRIPTION_LENGTH"), Range(1, 100_000)]
    public int DescriptionLength { get; set; } = 4000;

    /// <summary>Characters of a reason given with a cancel request.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_REASON_LENGTH"), Range(1, 10_000)]
    public int ReasonLength { get; set; } = 500;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_MAX_RETRIES"), Range(0, 10_000)]
    public int MaxRetries { get; set; } = 100;

    /// <summary>Longest <c>retry_delay</c>. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_RETRY_DELAY_SECONDS"), Range(0, 31_536_000)]
    public double RetryDelaySeconds { get; set; } = 7 * 86_400;

    /// <summary>Longest <c>timeout</c>. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TIMEOUT_SECONDS"), Range(1, 31_536_000)]
    public double TimeoutSeconds { get; set; } = 7 * 86_400;

    /// <summary>How far ahead <c>scheduled_at</c>, <c>delay</c>, <c>expires_at</c> and <c>expires_in</c> may lie. Seconds; ten years.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_AHEAD_SECONDS"), Range(1, 3_153_600_000)]
    public double AheadSeconds { get; set; } = 3653 * 86_400d;

    /// <summary>Jobs of one owner that may wait (pending or retrying) when another is submitted; 0: as many as there are.</summary>
    [ConfigurationKeyName("JOBSYSTEM_QUOTA_QUEUED_JOBS"), Range(0, 1_000_000_000)]
    public int QueuedJobs { get; set; }

    /// <summary>Longest that a request may wait for the end of a job. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_WAIT_SECONDS"), Range(1, 86_400)]
    public double WaitSeconds { get; set; } = 300;
}
