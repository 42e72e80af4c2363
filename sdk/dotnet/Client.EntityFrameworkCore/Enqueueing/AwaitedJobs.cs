namespace JobSystem.Client.EntityFrameworkCore.Enqueueing;

/// <summary>
/// The client as handles of an outbox see it: a job that is not known is asked for again, because the relay may not have posted it yet.
/// </summary>
sealed class AwaitedJobs(JobSystemClient client, TimeProvider time) : IJobs
{
    static readonly TimeSpan patience = TimeSpan.FromMinutes(1);
    static readonly TimeSpan firstPause = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(2);

    public Task<JobHandle> Enqueue(IJob job, Action<EnqueueOptions>? configure, CancellationToken cancellationToken) =>
        client.Enqueue(job, configure, cancellationToken);

    public Task<JobHandle<TResult>> Enqueue<TResult>(IJob<TResult> job, Action<EnqueueOptions>? configure, CancellationToken cancellationToken) =>
        client.Enqueue(job, configure, cancellationToken);

    public Task<IReadOnlyList<JobHandle>> EnqueueMany(
        IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure, CancellationToken cancellationToken) =>
        client.EnqueueMany(jobs, configure, cancellationToken);

    public Task<IReadOnlyList<JobHandle<TResult>>> EnqueueMany<TResult>(
        IEnumerable<IJob<TResult>> jobs, Action<EnqueueOptions, int>? configure, CancellationToken cancellationToken) =>
        client.EnqueueMany(jobs, configure, cancellationToken);

    public Task WaitForCompletion(string jobId, CancellationToken cancellationToken) =>
        OnceItIsKnown(async () =>
        {
            await client.WaitForCompletion(jobId, cancellationToken);
            return true;
        }, cancellationToken);

    public Task<TResult> WaitForResult<TResult>(string jobId, CancellationToken cancellationToken) =>
        OnceItIsKnown(() => client.WaitForResult<TResult>(jobId, cancellationToken), cancellationToken);

    public Task Cancel(string jobId, string? reason, CancellationToken cancellationToken) =>
        OnceItIsKnown(async () =>
        {
            await client.Cancel(jobId, reason, cancellationToken);
            return true;
        }, cancellationToken);

    async Task<T> OnceItIsKnown<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var pause = firstPause; ; pause = pause * 2 < longestPause ? pause * 2 : longestPause)
        {
            try
            {
                return await call();
            }
            catch (JobSystemException exception) when (exception.Code == "job_not_found")
            {
                if (time.GetElapsedTime(began) + pause > patience)
                {
                    throw new JobSystemException(
                        $"{exception.Message} It is there once its transaction is committed and the relay of the outbox has posted it, "
                        + "which did not happen within a minute: look at the outbox's table and the relay's log.",
                        exception.Code, exception)
                    { Status = exception.Status, TraceId = exception.TraceId };
                }
            }
            await Task.Delay(pause, time, cancellationToken);
        }
    }
}
