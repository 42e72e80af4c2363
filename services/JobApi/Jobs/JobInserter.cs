using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Jobs;

/// <summary>Inserts submitted jobs with group commits. When a call returns, the jobs are durable.</summary>
public sealed class JobInserter : IAsyncDisposable
{
    const int MaxRowsPerCommit = 2000;
    readonly BatchQueue<Submission, InsertResult> inserts;
    readonly JobQueues queues;
    readonly JobEffects effects;
    readonly DatabaseClock clock;
    readonly LifecycleOptions options;

    public JobInserter(
        IJobStore store, JobQueues queues, JobEffects effects, DatabaseClock clock, IOptions<LifecycleOptions> options)
    {
        (this.queues, this.effects, this.clock, this.options) = (queues, effects, clock, options.Value);
        inserts = new(new(MaxRowsPerCommit), parallelFlushes: 2, store.Insert, submission => submission.Jobs.Count, submission => submission.Jobs.Sum(x => x.Bytes()), "insert");
    }

    /// <summary>
    /// Inserts all jobs or none. If the caller cancels before the insert starts, nothing is inserted; after
    /// that the insert is completed regardless.
    /// </summary>
    /// <returns>The conflict that prevented the insert; null if the jobs were inserted.</returns>
    public async Task<InsertResult> Submit(IReadOnlyList<JobState> jobs, CancellationToken cancellationToken)
    {
        await Prepare(jobs, cancellationToken);
        var result = await inserts.Enqueue(new(jobs), cancellationToken);
        if (result.Conflict is not null)
        {
            return result;
        }
        foreach (var job in jobs)
        {
            effects.ApplyInsert(job);
        }
        return result;
    }

    /// <summary>Sets what an insert needs: the times of the jobs and their first step. Their queues exist afterwards.</summary>
    public async ValueTask Prepare(IReadOnlyList<JobState> jobs, CancellationToken cancellationToken)
    {
        // Delays were computed from the time of admission: a job must not start before created_at + delay
        var now = jobs[0].CreatedAt == default ? clock.UtcNow : jobs[0].CreatedAt;
        foreach (var job in jobs)
        {
            await queues.Ensure(job.Level.Task, cancellationToken);
            Begin(job, now);
            // Jobs of one batch become ready in the order of the list
            now = now.AddMicroseconds(1);
        }
    }

    void Begin(JobState job, DateTimeOffset now)
    {
        job.Version = 1;
        job.CreatedAt = now;
        job.UpdatedAt = now;
        job.NotBefore = job.ScheduledAt > now ? job.ScheduledAt : null;
        job.ReadyAt = job.NotBefore ?? now;
        var look = job.NotBefore ?? now + options.DispatchCheck;
        job.DueAt = job.ExpiresAt < look ? job.ExpiresAt : look;
        // The caller may repeat a submission that conflicted
        job.NewSteps.Clear();
        job.NewSteps.Add(job.ToEvent("created", now));
    }

    public ValueTask DisposeAsync() => inserts.DisposeAsync();
}
