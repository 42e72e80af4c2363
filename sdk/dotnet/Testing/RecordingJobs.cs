using System.Text.Json;
using JobSystem.Api;
using JobSystem.Client;
using JobSystem.Client.Enqueueing;

namespace JobSystem.Testing;

/// <summary>
/// An <see cref="IJobs"/> for tests of what enqueues jobs: it checks and keeps them, and runs nothing. Its members may be called at the same time from many
/// threads.
/// </summary>
public sealed class RecordingJobs : IJobs
{
    readonly Lock sync = new();
    readonly List<RecordedJob> enqueued = [];
    readonly Dictionary<Type, Func<IJob, object?>> results = [];
    readonly JobWriter writer = new(new JobSystemClientOptions(), null);

    /// <summary>The jobs that were enqueued, in their order.</summary>
    public IReadOnlyList<RecordedJob> Enqueued
    {
        get { lock (sync) { return [.. enqueued]; } }
    }

    /// <summary>Says what jobs of a type return to those who wait for them.</summary>
    /// <typeparam name="TJob">The jobs.</typeparam>
    /// <typeparam name="TResult">What they return.</typeparam>
    /// <param name="result">Makes the result; an exception that it throws is thrown to who waits.</param>
    public RecordingJobs Returns<TJob, TResult>(Func<TJob, TResult> result) where TJob : IJob<TResult>
    {
        ArgumentNullException.ThrowIfNull(result);
        lock (sync)
        {
            results[typeof(TJob)] = job => result((TJob)job);
        }
        return this;
    }

    /// <summary>Returns the only job of a type that was enqueued.</summary>
    /// <typeparam name="TJob">The type.</typeparam>
    /// <param name="that">What else holds of it. Default: nothing.</param>
    /// <exception cref="InvalidOperationException">There is none or more than one; the message has all that were enqueued.</exception>
    public RecordedJob ShouldHaveEnqueued<TJob>(Func<TJob, bool>? that = null) where TJob : IJob
    {
        var all = Enqueued;
        var found = all.Where(x => x.Job is TJob job && that?.Invoke(job) != false).ToList();
        return found.Count == 1 ? found[0] : throw new InvalidOperationException(
            $"Expected one job {typeof(TJob).Name}{(that is null ? "" : " that fits")}, found {found.Count}. Enqueued: {Describe(all)}");
    }

    /// <summary>Checks that nothing was enqueued.</summary>
    /// <exception cref="InvalidOperationException">Something was.</exception>
    public void ShouldHaveEnqueuedNothing()
    {
        if (Enqueued is { Count: > 0 } all)
        {
            throw new InvalidOperationException($"Expected no job. Enqueued: {Describe(all)}");
        }
    }

    /// <inheritdoc/>
    public Task<JobHandle> Enqueue(IJob job, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new JobHandle(Record(job, configure, cancellationToken), this));

    /// <inheritdoc/>
    public Task<JobHandle<TResult>> Enqueue<TResult>(
        IJob<TResult> job, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default) =>
        Task.FromResult(new JobHandle<TResult>(Record(job, configure, cancellationToken), this));

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobHandle>> EnqueueMany(
        IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure = null, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<JobHandle>>([.. RecordAll(jobs, configure, cancellationToken).Select(id => new JobHandle(id, this))]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobHandle<TResult>>> EnqueueMany<TResult>(
        IEnumerable<IJob<TResult>> jobs, Action<EnqueueOptions, int>? configure = null, CancellationToken cancellationToken = default) =>
        Task.FromResult<IReadOnlyList<JobHandle<TResult>>>([.. RecordAll(jobs, configure, cancellationToken).Select(id => new JobHandle<TResult>(id, this))]);

    /// <inheritdoc/>
    public Task WaitForCompletion(string jobId, CancellationToken cancellationToken = default)
    {
        Find(jobId);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<TResult> WaitForResult<TResult>(string jobId, CancellationToken cancellationToken = default)
    {
        var job = Find(jobId).Job;
        Func<IJob, object?>? result;
        lock (sync)
        {
            results.TryGetValue(job.GetType(), out result);
        }
        return result is null
            ? throw new InvalidOperationException(
                $"Nobody said what {job.GetType().Name} returns: call Returns<{job.GetType().Name}, {typeof(TResult).Name}>(…) first.")
            : Task.FromResult((TResult)result(job)!);
    }

    /// <inheritdoc/>
    public Task Cancel(string jobId, string? reason = null, CancellationToken cancellationToken = default)
    {
        Find(jobId).IsCancelled = true;
        return Task.CompletedTask;
    }

    List<string> RecordAll(IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        return [.. jobs.Select((job, n) => Record(job, configure is null ? null : x => configure(x, n), cancellationToken))];
    }

    string Record(IJob job, Action<EnqueueOptions>? configure, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var request = writer.CreateRequest(job, configure);
        lock (sync)
        {
            if (request.IdempotencyKey is { } key && enqueued.Find(x => x.Request.IdempotencyKey == key) is { } first)
            {
                return first.Id;
            }
            var id = request.JobId ?? Guid.CreateVersion7().ToString();
            enqueued.Add(new(id, job, request));
            return id;
        }
    }

    RecordedJob Find(string jobId)
    {
        lock (sync)
        {
            return enqueued.Find(x => x.Id == jobId) ?? throw new JobSystemException($"Job not found: {jobId}", "job_not_found");
        }
    }

    static string Describe(IReadOnlyList<RecordedJob> jobs) => string.Join("; ", jobs
        .Select(x => JsonSerializer.Serialize(x.Request, ApiRequestJson.Default.CreateJobRequest)).DefaultIfEmpty("nothing"));
}
