using System.Reflection;

namespace JobSystem.JobApi.Model;

/// <summary>
/// What a job is asked to do. A new member also needs its columns (<c>JobColumn</c>, <c>JobRow</c>, a migration), its API member (<c>JobFields</c>,
/// the view, the document) and its place in the request's hash: the tests of this type name what is missing.
/// </summary>
public abstract class JobSpec
{
    static readonly PropertyInfo[] members = typeof(JobSpec).GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);

    public required string TaskName { get; set; }

    /// <summary>Only workers that announce this version of the task may run it; null for any.</summary>
    public string? TaskVersion { get; set; }
    public required string QueueName { get; set; }

    /// <summary>From 4 (critical) to 1 (low).</summary>
    public byte Priority { get; set; } = 2;

    /// <summary>JSON text: an array, or null for none.</summary>
    public string? Args { get; set; }

    /// <summary>JSON text: an object, or null for none.</summary>
    public string? Kwargs { get; set; }

    /// <summary>JSON text: an object, or null for none.</summary>
    public string? Metadata { get; set; }

    /// <summary>Null if there are none, so that rows without tags are not indexed.</summary>
    public string[]? Tags { get; set; }
    public string? Title { get; set; }
    public string? Description { get; set; }

    /// <summary>The earliest start; null for immediately.</summary>
    public DateTimeOffset? ScheduledAt { get; set; }

    /// <summary>The job expires if it has not started by then; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }
    public int MaxRetries { get; set; }

    /// <summary>Seconds before the first retry; see <c>RetryBackoff</c>.</summary>
    public double RetryDelay { get; set; }

    /// <summary>How long one attempt may run. Seconds.</summary>
    public double TimeoutSeconds { get; set; }

    /// <summary>True if the job runs once on each live worker, as a child job pinned to that worker.</summary>
    public bool IsBroadcast { get; set; }

    public void CopySpecTo(JobSpec target)
    {
        foreach (var member in members)
        {
            member.SetValue(target, member.GetValue(this));
        }
    }
}
