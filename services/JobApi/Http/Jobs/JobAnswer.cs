using System.Text.Json;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>One job.</summary>
public sealed class JobAnswer(JobState job, int status = StatusCodes.Status200OK, string? location = null) : JsonAnswer(status, location)
{
    public JobState Job => job;

    protected override object? Record => JobView.ToRecord(job);

    protected override void Write(Utf8JsonWriter json) => JobView.Write(json, job);
}
