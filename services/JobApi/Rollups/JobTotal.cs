using JobSystem.Contracts;

namespace JobSystem.JobApi.Rollups;

/// <summary>Total counts of one queue, task and priority since installation. They never decrease.</summary>
public sealed class JobTotal
{
    public required string QueueName { get; set; }
    public required string TaskName { get; set; }

    /// <summary>From 4 (critical) to 1 (low).</summary>
    public required short Priority { get; set; }
    public long Submitted { get; set; }

    /// <summary>Number of attempts, not jobs.</summary>
    public long Started { get; set; }
    public long Completed { get; set; }
    public long Failed { get; set; }
    public long TimedOut { get; set; }
    public long Retried { get; set; }
    public long Cancelled { get; set; }
    public long Expired { get; set; }

    /// <summary>Number of attempts whose worker died.</summary>
    public long Rescued { get; set; }

    public void Add(string word, long count)
    {
        switch (word)
        {
            case "created": Submitted += count; break;
            case JobStatus.Running: Started += count; break;
            case JobStatus.Completed: Completed += count; break;
            case JobStatus.Failed: Failed += count; break;
            case JobStatus.Timeout: TimedOut += count; break;
            case JobStatus.Cancelled: Cancelled += count; break;
            case JobStatus.Expired: Expired += count; break;
            case "retrying": Retried += count; break;
            case "lease_lost": Rescued += count; break;
            default: throw new ArgumentOutOfRangeException(nameof(word), word, "not a step that counts");
        }
    }

    public void Add(JobTotal other)
    {
        Submitted += other.Submitted;
        Started += other.Started;
        Completed += other.Completed;
        Failed += other.Failed;
        TimedOut += other.TimedOut;
        Retried += other.Retried;
        Cancelled += other.Cancelled;
        Expired += other.Expired;
        Rescued += other.Rescued;
    }
}
