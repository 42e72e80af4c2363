using JobSystem.Api;

namespace JobSystem.Testing;

/// <summary>A job of a system.</summary>
/// <typeparam name="TJob">Its type.</typeparam>
/// <param name="Id">Its id.</param>
/// <param name="Job">The job.</param>
/// <param name="State">The job as the API has it: status, result, error, times.</param>
public sealed record EnqueuedJob<TJob>(string Id, TJob Job, Job State) where TJob : IJob;
