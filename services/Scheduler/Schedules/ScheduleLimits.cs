using System.ComponentModel.DataAnnotations;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Limits of schedules, with the same names as the limits of jobs.</summary>
public sealed class ScheduleLimits
{
    /// <summary>Maximum size of a request body. Bytes.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_BODY_BYTES"), Range(1024, 1 << 30)]
    public int BodyBytes { get; set; } = 1 << 20;

    /// <summary>Maximum size of <c>args</c> and <c>kwargs</c> together. Bytes of JSON text.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_ARGS_BYTES"), Range(2, 1 << 28)]
    public int ArgsBytes { get; set; } = 256 << 10;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_METADATA_BYTES"), Range(2, 1 << 28)]
    public int MetadataBytes { get; set; } = 16 << 10;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_NESTING"), Range(1, 60)]
    public int Nesting { get; set; } = 32;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TAGS"), Range(0, 1000)]
    public int Tags { get; set; } = 32;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TAG_LENGTH"), Range(1, 1000)]
    public int TagLength { get; set; } = 64;

    /// <summary>Maximum length of a schedule's name. Characters.</summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TITLE_LENGTH"), Range(1, 10_000)]
    public int NameLength { get; set; } = 200;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_DESCRIPTION_LENGTH"), Range(1, 100_000)]
    public int DescriptionLength { get; set; } = 4000;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_MAX_RETRIES"), Range(0, 10_000)]
    public int MaxRetries { get; set; } = 100;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_RETRY_DELAY_SECONDS"), Range(0, 31_536_000)]
    public double RetryDelaySeconds { get; set; } = 7 * 86_400;

    [ConfigurationKeyName("JOBSYSTEM_LIMIT_TIMEOUT_SECONDS"), Range(1, 31_536_000)]
    public double TimeoutSeconds { get; set; } = 7 * 86_400;

    /// <summary>
    /// Maximum distance of <c>run_at</c>, <c>start_at</c> and <c>end_at</c> from now, and maximum length of an
    /// interval. Seconds; default: ten years.
    /// </summary>
    [ConfigurationKeyName("JOBSYSTEM_LIMIT_AHEAD_SECONDS"), Range(1, 3_153_600_000)]
    public double AheadSeconds { get; set; } = 3653 * 86_400d;
}
