using JobSystem.Contracts;

namespace JobSystem.JobApi.Rollups;

/// <summary>Sums of counts and durations, of inbox lines or of rollups in a range.</summary>
public sealed class RollupSum(int stepSeconds, DateTimeOffset at, string queueName, string taskName)
{
    public int StepSeconds => stepSeconds;
    public DateTimeOffset At => at;
    public string QueueName => queueName;
    public string TaskName => taskName;
    public long Submitted { get; private set; }
    public long Started { get; private set; }
    public long Completed { get; private set; }
    public long Failed { get; private set; }
    public long TimedOut { get; private set; }
    public long Retried { get; private set; }
    public long Cancelled { get; private set; }
    public long Expired { get; private set; }
    public long Rescued { get; private set; }
    public DurationSketch Wait { get; } = new();
    public DurationSketch Run { get; } = new();
    public DurationSketch Total { get; } = new();

    public void Add(string word, long count, double? wait, double? run, double? total)
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
        Add(Wait, wait);
        Add(Run, run);
        Add(Total, total);
    }

    public void Add(Rollup rollup)
    {
        Submitted += rollup.Submitted;
        Started += rollup.Started;
        Completed += rollup.Completed;
        Failed += rollup.Failed;
        TimedOut += rollup.TimedOut;
        Retried += rollup.Retried;
        Cancelled += rollup.Cancelled;
        Expired += rollup.Expired;
        Rescued += rollup.Rescued;
        AddDurations(rollup.Wait, rollup.Run, rollup.Total);
    }

    public void AddDurations(string? wait, string? run, string? total)
    {
        Wait.Add(DurationSketch.Parse(wait));
        Run.Add(DurationSketch.Parse(run));
        Total.Add(DurationSketch.Parse(total));
    }

    static void Add(DurationSketch sketch, double? seconds)
    {
        if (seconds is { } known)
        {
            sketch.Add(known);
        }
    }
}
