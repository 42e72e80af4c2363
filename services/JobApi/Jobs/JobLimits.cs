using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Jobs;

/// <summary>Limits of submissions over HTTP and the bus. Each has an environment variable.</summary>
public sealed class JobLimits
{
    /// <summary>Maximum body size of other requests. Bytes.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_BODY_BYTES"), Range(1024, 1 << 30)]
    public int BodyBytes { get; set; } = 1 << 20;

    /// <summary>Maximum body size of a batch. Bytes.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_BATCH_BYTES"), Range(1024, 1 << 30)]
    public int BatchBytes { get; set; } = 16 << 20;

    /// <summary>Maximum number of jobs in a batch.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_BATCH_JOBS"), Range(1, 10_000)]
    public int BatchJobs { get; set; } = 1000;

    /// <summary>Maximum size of <c>args</c> and <c>kwargs</c> of one job together. Bytes of JSON text.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_ARGS_BYTES"), Range(2, 1 << 28)]
    public int ArgsBytes { get; set; } = 256 << 10;

    /// <summary>Maximum size of <c>metadata</c> of one job. Bytes of JSON text.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_METADATA_BYTES"), Range(2, 1 << 28)]
    public int MetadataBytes { get; set; } = 16 << 10;

    /// <summary>Maximum size of a <c>result</c> given to force-complete. Bytes of JSON text.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_RESULT_BYTES"), Range(2, 1 << 28)]
    public int ResultBytes { get; set; } = 256 << 10;

    /// <summary>Maximum nesting depth of <c>args</c>, <c>kwargs</c> and <c>metadata</c>.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_NESTING"), Range(1, 60)]
    public int Nesting { get; set; } = 32;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TAGS"), Range(0, 1000)]
    public int Tags { get; set; } = 32;

    /// <summary>Maximum length of a tag. Characters.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TAG_LENGTH"), Range(1, 1000)]
    public int TagLength { get; set; } = 64;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TITLE_LENGTH"), Range(1, 10_000)]
    public int TitleLength { get; set; } = 200;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_DESCRIPTION_LENGTH"), Range(1, 100_000)]
    public int DescriptionLength { get; set; } = 4000;

    /// <summary>Maximum length of the reason of a cancel request. Characters.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_REASON_LENGTH"), Range(1, 10_000)]
    public int ReasonLength { get; set; } = 500;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_MAX_RETRIES"), Range(0, 10_000)]
    public int MaxRetries { get; set; } = 100;

    /// <summary>Maximum <c>retry_delay</c>. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_RETRY_DELAY_SECONDS"), Range(0, 31_536_000)]
    public double RetryDelaySeconds { get; set; } = 7 * 86_400;

    /// <summary>Maximum <c>timeout</c>. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TIMEOUT_SECONDS"), Range(1, 31_536_000)]
    public double TimeoutSeconds { get; set; } = 7 * 86_400;

    /// <summary>Maximum distance of <c>scheduled_at</c>, <c>delay</c>, <c>expires_at</c> and <c>expires_in</c> from now. Seconds; ten years.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_AHEAD_SECONDS"), Range(1, 3_153_600_000)]
    public double AheadSeconds { get; set; } = 3653 * 86_400d;

    /// <summary>Maximum number of waiting jobs (pending or retrying) of one owner; 0: unlimited.</summary>
    [ConfigurationKeyName("JOBSYSTEM_QUOTA_QUEUED_JOBS"), Range(0, 1_000_000_000)]
    public int QueuedJobs { get; set; }

    /// <summary>Maximum time that a request waits for the end of a job. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_WAIT_SECONDS"), Range(1, 86_400)]
    public double WaitSeconds { get; set; } = 300;
}
