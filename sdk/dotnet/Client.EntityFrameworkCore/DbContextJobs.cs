using JobSystem.Api;
using JobSystem.Client.EntityFrameworkCore.Enqueueing;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Client.EntityFrameworkCore;

/// <summary>
/// Enqueues jobs in the transaction of a context: a job is there, exactly once, if what it was saved with is committed, and never if that is rolled back.
/// Nothing is sent before; after the commit a relay posts the job, which takes a moment.
/// </summary>
public static class DbContextJobs
{
    /// <summary>
    /// Adds a job to what the next <c>SaveChanges</c> writes. A delay counts from now, by this process's clock. The job's id is its idempotency key, so
    /// <see cref="EnqueueOptions.IdempotencyKey"/> cannot be set; <see cref="EnqueueOptions.JobId"/> can.
    /// </summary>
    /// <param name="db">The context.</param>
    /// <param name="job">The job.</param>
    /// <param name="configure">What is different from the <see cref="JobAttribute"/>. Default: nothing.</param>
    /// <returns>
    /// The job's handle. Its id is known now. Waiting for the job makes sense after the commit; for a minute it also waits until the relay has posted it.
    /// </returns>
    /// <exception cref="InvalidOperationException">
    /// The job's type has no <see cref="JobAttribute"/>, or the context has no outbox: <see cref="OutboxServices.AddOutbox"/> says what it needs.
    /// </exception>
    /// <exception cref="JobRefusedException">The job is not valid. It was not added.</exception>
    public static JobHandle Enqueue(this DbContext db, IJob job, Action<EnqueueOptions>? configure = null)
    {
        var outbox = OutboxWriter.For(db);
        return new(OutboxWriter.Add(db, outbox.Write(job, configure)), outbox.Jobs);
    }

    /// <typeparam name="TResult">What the task returns.</typeparam>
    /// <inheritdoc cref="Enqueue(DbContext, IJob, Action{EnqueueOptions})"/>
    public static JobHandle<TResult> Enqueue<TResult>(this DbContext db, IJob<TResult> job, Action<EnqueueOptions>? configure = null)
    {
        var outbox = OutboxWriter.For(db);
        return new(OutboxWriter.Add(db, outbox.Write(job, configure)), outbox.Jobs);
    }

    /// <summary>Adds a job of any task to what the next <c>SaveChanges</c> writes, as the API has it.</summary>
    /// <param name="db">The context.</param>
    /// <param name="job">
    /// The job. A delay counts from now, by this process's clock. Its id, which may be set, is its idempotency key, which may not.
    /// </param>
    /// <returns>The job's handle.</returns>
    /// <exception cref="InvalidOperationException">The context has no outbox.</exception>
    /// <exception cref="JobRefusedException">The job is not valid. It was not added.</exception>
    public static JobHandle Enqueue(this DbContext db, CreateJobRequest job)
    {
        var outbox = OutboxWriter.For(db);
        return new(OutboxWriter.Add(db, outbox.Write(job)), outbox.Jobs);
    }

    /// <summary>Adds many jobs to what the next <c>SaveChanges</c> writes; all of them or, if one is not valid, none.</summary>
    /// <param name="db">The context.</param>
    /// <param name="jobs">The jobs.</param>
    /// <param name="configure">
    /// What is different for a job from its <see cref="JobAttribute"/>; called with the job's place among the jobs, from 0. Default: nothing.
    /// </param>
    /// <returns>The jobs' handles, in the order of the jobs.</returns>
    /// <exception cref="InvalidOperationException">A job's type has no <see cref="JobAttribute"/>, or the context has no outbox.</exception>
    /// <exception cref="JobRefusedException">A job is not valid. None was added.</exception>
    public static IReadOnlyList<JobHandle> EnqueueMany(this DbContext db, IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure = null)
    {
        var outbox = OutboxWriter.For(db);
        return outbox.AddMany(db, jobs, configure).ConvertAll(id => new JobHandle(id, outbox.Jobs));
    }

    /// <typeparam name="TResult">What the tasks return.</typeparam>
    /// <inheritdoc cref="EnqueueMany(DbContext, IEnumerable{IJob}, Action{EnqueueOptions, int})"/>
    public static IReadOnlyList<JobHandle<TResult>> EnqueueMany<TResult>(
        this DbContext db, IEnumerable<IJob<TResult>> jobs, Action<EnqueueOptions, int>? configure = null)
    {
        var outbox = OutboxWriter.For(db);
        return outbox.AddMany(db, jobs, configure).ConvertAll(id => new JobHandle<TResult>(id, outbox.Jobs));
    }
}
