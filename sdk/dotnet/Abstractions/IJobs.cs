namespace JobSystem;

/// <summary>Enqueues jobs, and waits for what they return. Its members may be called at the same time from many threads.</summary>
public interface IJobs
{
    /// <summary>
    /// Enqueues a job. When the task has completed, the job is durable. It is enqueued exactly once, also if answers get lost on the way.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="configure">What is different from the <see cref="JobAttribute"/>. Default: nothing.</param>
    /// <param name="cancellationToken">Stops the waiting. The job may be enqueued nevertheless if it was on its way.</param>
    /// <returns>The job's handle.</returns>
    /// <exception cref="InvalidOperationException">The job's type has no <see cref="JobAttribute"/>.</exception>
    /// <exception cref="JobRefusedException">The job is not valid, or may not be enqueued; it was not.</exception>
    /// <exception cref="JobSystemUnavailableException">
    /// No answer came; enqueueing it again with the same idempotency key finds out.
    /// </exception>
    Task<JobHandle> Enqueue(IJob job, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="Enqueue(IJob, Action{EnqueueOptions}, CancellationToken)"/>
    /// <typeparam name="TResult">What the task returns.</typeparam>
    Task<JobHandle<TResult>> Enqueue<TResult>(
        IJob<TResult> job, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Enqueues many jobs, 1,000 at a time: those of a batch are enqueued together or not at all. The jobs are read
    /// batch by batch, so that they need not all be in memory.
    /// </summary>
    /// <param name="jobs">The jobs.</param>
    /// <param name="configure">
    /// What is different for a job from its <see cref="JobAttribute"/>; called with the job's place among the jobs, from 0. Default:
    /// nothing.
    /// </param>
    /// <param name="cancellationToken">Stops after the batches that are enqueued. One more may be if it was on its way.</param>
    /// <returns>The jobs' handles, in the order of the jobs.</returns>
    /// <exception cref="InvalidOperationException">A job's type has no <see cref="JobAttribute"/>.</exception>
    /// <exception cref="JobRefusedException">
    /// A job is not valid, or may not be enqueued. Its batch was not enqueued; <see cref="JobRefusedException.Enqueued"/> counts the jobs of earlier batches.
    /// </exception>
    /// <exception cref="JobSystemUnavailableException">No answer came.</exception>
    Task<IReadOnlyList<JobHandle>> EnqueueMany(
        IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="EnqueueMany(IEnumerable{IJob}, Action{EnqueueOptions, int}, CancellationToken)"/>
    /// <typeparam name="TResult">What the tasks return.</typeparam>
    Task<IReadOnlyList<JobHandle<TResult>>> EnqueueMany<TResult>(
        IEnumerable<IJob<TResult>> jobs, Action<EnqueueOptions, int>? configure = null, CancellationToken cancellationToken = default);

    /// <summary>Waits until a job has completed.</summary>
    /// <param name="jobId">Id of the job.</param>
    /// <param name="cancellationToken">Ends the waiting, not the job.</param>
    /// <exception cref="JobFailedException">The job ended without success.</exception>
    /// <exception cref="JobSystemException">There is no such job, the caller may not see it, or nothing answers.</exception>
    Task WaitForCompletion(string jobId, CancellationToken cancellationToken = default);

    /// <summary>Waits until a job has completed, and returns its result.</summary>
    /// <typeparam name="TResult">What the task returns.</typeparam>
    /// <returns>The result; null if the task returned none and <typeparamref name="TResult"/> can be null.</returns>
    /// <inheritdoc cref="WaitForCompletion"/>
    /// <exception cref="JobSystemException">
    /// There is no such job, the caller may not see it, nothing answers, or the result is not a <typeparamref name="TResult"/>.
    /// </exception>
    Task<TResult> WaitForResult<TResult>(string jobId, CancellationToken cancellationToken = default);

    /// <summary>Cancels a job: if it waits, it ends at once; if it runs, it is asked to stop.</summary>
    /// <param name="jobId">Id of the job.</param>
    /// <param name="reason">Why, at most 500 characters. Default: none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="JobSystemException">There is no such job, it has ended already, or nothing answers.</exception>
    Task Cancel(string jobId, string? reason = null, CancellationToken cancellationToken = default);
}

/// <summary>Shorter calls of <see cref="IJobs"/>.</summary>
public static class JobsExtensions
{
    /// <inheritdoc cref="IJobs.Enqueue(IJob, Action{EnqueueOptions}, CancellationToken)"/>
    public static Task<JobHandle> Enqueue(this IJobs jobs, IJob job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return jobs.Enqueue(job, null, cancellationToken);
    }

    /// <inheritdoc cref="IJobs.Enqueue{TResult}(IJob{TResult}, Action{EnqueueOptions}, CancellationToken)"/>
    public static Task<JobHandle<TResult>> Enqueue<TResult>(this IJobs jobs, IJob<TResult> job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return jobs.Enqueue(job, null, cancellationToken);
    }

    /// <inheritdoc cref="IJobs.EnqueueMany(IEnumerable{IJob}, Action{EnqueueOptions, int}, CancellationToken)"/>
    public static Task<IReadOnlyList<JobHandle>> EnqueueMany(this IJobs jobs, IEnumerable<IJob> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return jobs.EnqueueMany(items, null, cancellationToken);
    }

    /// <inheritdoc cref="IJobs.EnqueueMany{TResult}(IEnumerable{IJob{TResult}}, Action{EnqueueOptions, int}, CancellationToken)"/>
    public static Task<IReadOnlyList<JobHandle<TResult>>> EnqueueMany<TResult>(
        this IJobs jobs, IEnumerable<IJob<TResult>> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return jobs.EnqueueMany(items, null, cancellationToken);
    }
}
