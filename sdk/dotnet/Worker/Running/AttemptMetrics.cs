using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace JobSystem.Worker.Running;

/// <summary>Metrics of attempts. Task names are those of this process's own tasks, so their number is limited.</summary>
static class AttemptMetrics
{
    /// <summary>The meter of all metrics of a worker.</summary>
    public static readonly Meter Meter = new("JobSystem.Worker");
    static readonly Counter<long> attempts = Meter.CreateCounter<long>(
        "jobsystem.worker.attempts", "{attempt}", "Attempts that ended here, by how");

    public static void CountEnded(AttemptRun run) =>
        attempts.Add(1, new TagList { { "task", run.TaskName }, { "outcome", run.EndStep ?? "written_off" } });
}
