namespace JobSystem;

/// <summary>A job that has been enqueued. Only its id matters: a handle can be made again from an id that was kept.</summary>
/// <param name="id">Id of the job.</param>
/// <param name="jobs">Where the job is.</param>
public class JobHandle(string id, IJobs jobs)
{
    /// <summary>Id of the job: a UUID, or the id that the caller chose.</summary>
    public string Id { get; } = id;

    /// <summary>Where the job is.</summary>
    protected IJobs Jobs { get; } = jobs;

    /// <inheritdoc cref="IJobs.WaitForCompletion"/>
    public Task Completion(CancellationToken cancellationToken = default) => Jobs.WaitForCompletion(Id, cancellationToken);

    /// <inheritdoc cref="IJobs.Cancel"/>
    public Task Cancel(string? reason = null, CancellationToken cancellationToken = default) => Jobs.Cancel(Id, reason, cancellationToken);

    /// <summary>The job's id.</summary>
    public override string ToString() => Id;
}

/// <summary>A job that has been enqueued and whose task returns a result.</summary>
/// <typeparam name="TResult">What the task returns.</typeparam>
/// <inheritdoc/>
public sealed class JobHandle<TResult>(string id, IJobs jobs) : JobHandle(id, jobs)
{
    /// <inheritdoc cref="IJobs.WaitForResult"/>
    public Task<TResult> Result(CancellationToken cancellationToken = default) => Jobs.WaitForResult<TResult>(Id, cancellationToken);
}
