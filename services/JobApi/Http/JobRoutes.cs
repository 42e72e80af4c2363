using JobSystem.JobApi.Http.Jobs;
using JobSystem.JobApi.Http.Jobs.Bulk;
using JobSystem.JobApi.Http.Jobs.Lists;
using JobSystem.JobApi.Http.Jobs.Submit;
using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Audit;

namespace JobSystem.JobApi.Http;

/// <summary>Routes of <c>/api/v1/jobs</c>. Callers have access to their own jobs; access to other jobs is decided by <see cref="CallerScope"/> in each look-up.</summary>
static class JobRoutes
{
    public static void MapJobs(this IEndpointRouteBuilder api, JobLimits limits)
    {
        var jobs = api.MapGroup("/jobs").WithTags("Jobs").RequireCaller();
        jobs.MapPost("/", CreateJob.Handle).WithName(JobApiOperations.CreateJob).WithSummary("Create a job").Tallied().Accepting(limits.BodyBytes);
        jobs.MapGet("/", ListJobs.Handle).WithName(JobApiOperations.ListJobs).WithSummary("List jobs");
        jobs.MapPost("/batch", CreateJobs.Handle)
            .WithName(JobApiOperations.CreateJobs).WithSummary("Create many jobs, all or none").Tallied().Accepting(limits.BatchBytes);
        jobs.MapPost("/run-sync", RunJobSync.Handle)
            .WithName(JobApiOperations.RunJobSync).WithSummary("Run a job and answer with its result").Tallied().Accepting(limits.BodyBytes);
        jobs.MapGet("/stats", GetJobStatistics.Handle)
            .WithName(JobApiOperations.GetJobStats).WithSummary("Count jobs by queue, task, priority and status");
        jobs.MapPost("/cleanup", CleanUpJobs.Handle)
            .WithName(JobApiOperations.CleanUpJobs).WithSummary("Remove old jobs that have ended").RequirePermission(Permission.Admin);
        jobs.MapBulk();
        jobs.MapGet("/{jobId}", GetJob.Handle).WithName(JobApiOperations.GetJob).WithSummary("Get a job");
        jobs.MapGet("/{jobId}/events", GetJobEvents.Handle).WithName(JobApiOperations.GetJobEvents).WithSummary("List every step of a job");
        jobs.MapGet("/{jobId}/logs", GetJobLogs.Handle).WithName(JobApiOperations.GetJobLogs).WithSummary("List what the task logged");
        jobs.MapGet("/{jobId}/explain", ExplainJob.Handle).WithName(JobApiOperations.ExplainJob).WithSummary("Say why a job is not running now");
        jobs.MapGet("/{jobId}/wait", WaitForJob.Handle).WithName(JobApiOperations.WaitForJob).WithSummary("Wait until a job has ended");
        jobs.MapPost("/{jobId}/cancel", CommandOneJob.Cancel).WithName(JobApiOperations.CancelJob).WithSummary("Cancel a job");
        jobs.MapPost("/{jobId}/retry", CommandOneJob.Retry).WithName(JobApiOperations.RetryJob).WithSummary("Run a job again");
        jobs.MapPost("/{jobId}/clone", CloneJob.Handle)
            .WithName(JobApiOperations.CloneJob).WithSummary("Create a job from another one").Accepting(limits.BodyBytes);
        jobs.MapPost("/{jobId}/force-complete", CommandOneJob.ForceComplete)
            .WithName(JobApiOperations.ForceCompleteJob).WithSummary("Complete a job by hand").Accepting(limits.BodyBytes).RequirePermission(Permission.Admin);
        jobs.MapDelete("/{jobId}", DeleteJob.Handle).WithName(JobApiOperations.DeleteJob).WithSummary("Delete a job that has ended");
        api.MapGet("/schedules/{scheduleId}/jobs", ListJobsOfSchedule.Handle).WithTags("Schedules")
            .WithName(JobApiOperations.ListJobsOfSchedule).WithSummary("List the jobs of a schedule").RequireCaller();
    }

    /// <summary>The server's body limit is slightly larger than ours, so that our error message is sent.</summary>
    public static RouteHandlerBuilder Accepting(this RouteHandlerBuilder endpoint, int bytes) => endpoint.WithMetadata(new BodyLimit(bytes + 4096L));

    sealed class BodyLimit(long bytes) : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => bytes;
    }
}
