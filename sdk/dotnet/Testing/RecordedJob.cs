using JobSystem.Api;

namespace JobSystem.Testing;

/// <summary>A job that was enqueued.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Job">The job.</param>
/// <param name="Request">What would be sent.</param>
public sealed record RecordedJob(string Id, IJob Job, CreateJobRequest Request)
{
    /// <summary>True once it was cancelled.</summary>
    public bool IsCancelled { get; internal set; }
}
