using System.Diagnostics;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Diagnostics;

/// <summary>Creates a span for each job that was submitted with a trace: from its acceptance to its end, as a child of the submitting request.</summary>
static class JobTraces
{
    static readonly ActivitySource source = new("JobSystem.Lifecycle");

    public static void Follow(JobState job)
    {
        if (job.Traceparent is null || !source.HasListeners() || job.NewSteps.LastOrDefault(x => JobStatus.IsFinal(x.Event)) is not { } end)
        {
            return;
        }
        var tags = new ActivityTagsCollection
        {
            ["jobsystem.job.id"] = job.JobId,
            ["jobsystem.task"] = job.TaskName,
            ["jobsystem.queue"] = job.QueueName,
            ["jobsystem.outcome"] = end.Event,
            ["jobsystem.attempts"] = job.Attempt,
        };
        using var span = source.StartActivity($"job {job.TaskName}", ActivityKind.Internal, job.Traceparent, tags, startTime: job.CreatedAt);
        span?.SetStatus(end.Event is JobStatus.Completed or JobStatus.Cancelled ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        span?.SetEndTime(end.At.UtcDateTime);
    }
}
