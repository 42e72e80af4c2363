using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs.Submit;

/// <summary>POST /jobs/{id}/clone: submits a copy of the job, with changes from the body.</summary>
static class CloneJob
{
    const string Failed = "Failed to clone job";
    static readonly JsonElement nothing = JsonElement.Parse("{}");

    public static async Task<Results<JobAnswer, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, HttpContext http, JobSubmissions submissions, IJobStore store, IOptions<JobLimits> limits, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, cancellationToken, optional: true);
        if (problem is not null)
        {
            return problem;
        }
        using (body)
        {
            if (await store.LoadByText(jobId, viewer, cancellationToken) is not { } original)
            {
                return JobLookup.NotFound(jobId);
            }
            var errors = new FieldErrors();
            var request = CreateJob.WithHeaderKey(http.Request, submissions.Read(body?.Root ?? nothing, errors, template: TemplateOf(original)), errors);
            return request is null || errors.Any
                ? errors.ToProblem(Failed)
                : CreateJob.Answer(http, await submissions.Submit(request, viewer, new(), cancellationToken), Failed);
        }
    }

    /// <summary>Copies what the job runs, but not its times; the expiry is copied relative to the start.</summary>
    internal static JobRequest TemplateOf(JobState job) => new()
    {
        Parent = new(job.CorrelationId, job.Key),
        TaskName = job.TaskName,
        Version = job.TaskVersion,
        QueueName = job.QueueName,
        Priority = job.Priority,
        Args = job.Args,
        Kwargs = job.Kwargs,
        Metadata = job.Metadata,
        Tags = job.Tags,
        Title = job.Title,
        Description = job.Description,
        MaxRetries = job.MaxRetries,
        RetryDelay = job.RetryDelay,
        Timeout = job.TimeoutSeconds,
        ExpiresIn = (job.ExpiresAt - (job.ScheduledAt ?? job.CreatedAt))?.TotalSeconds,
        Broadcast = job.IsBroadcast,
    };
}
