using System.Text.Json;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;

namespace JobSystem.JobApi.Jobs;

/// <summary>Outcome of a submission.</summary>
public abstract record Submitted
{
    Submitted()
    {
    }

    public sealed record Accepted(JobState Job) : Submitted;

    /// <summary>The job was submitted before with the same idempotency key.</summary>
    public sealed record Duplicate(JobState Job) : Submitted;

    public sealed record Refused(FieldErrors Errors) : Submitted;

    /// <summary>Valid, but conflicts with an existing job.</summary>
    public sealed record Conflict(string Code, string Field, string Message) : Submitted;

    /// <summary>The owner's quota of waiting jobs is used up.</summary>
    public sealed record OverQuota(string Message) : Submitted;
}

/// <summary>Submits a job from an HTTP request or a bus message.</summary>
public sealed class JobSubmissions(JobRequestReader reader, JobAdmission admission, JobQuota quota, JobInserter inserter, IJobStore store, DatabaseClock clock)
{
    /// <summary>Time after which the caller gets a 503 if the database does not respond.</summary>
    static readonly TimeSpan patience = TimeSpan.FromSeconds(4.5);

    public JobRequest? Read(JsonElement body, FieldErrors errors, bool waits = false, JobRequest? template = null) =>
        reader.Read(body, clock.UtcNow, errors, waits: waits, template: template);

    /// <param name="submitter">The owner of the job, and whether a quota holds for it.</param>
    /// <param name="id">Id of a job that asks for none; by default a new one.</param>
    /// <param name="scheduleId">The schedule whose tick this is.</param>
    /// <param name="parent">The job whose task submits this one.</param>
    public async Task<Submitted> Submit(
        JobRequest request, CallerScope submitter, FieldErrors errors, CancellationToken cancellationToken, Guid? id = null, string? scheduleId = null,
        ParentJob? parent = null)
    {
        var job = await admission.Admit(request, submitter.Owner, clock.UtcNow, errors, cancellationToken, @unchecked: scheduleId is not null);
        if (job is null)
        {
            return new Submitted.Refused(errors);
        }
        using var place = await quota.Take(submitter, 1, cancellationToken);
        if (place.Refusal is { } reason)
        {
            return new Submitted.OverQuota(reason);
        }
        job.ScheduleId = scheduleId;
        parent?.Adopt(job);
        if (request.JobId is null && id is { } given)
        {
            job.CorrelationId = given;
        }
        var result = await Insert([job], cancellationToken);
        while (result.Conflict is { } conflict)
        {
            if (await store.Find(conflict.Existing, cancellationToken) is { } existing)
            {
                // A generated id can exist only because of an earlier attempt of the same submission
                var again = request.JobId is null && !conflict.SameKey;
                return again ? new Submitted.Duplicate(existing) : Compare(job, existing, conflict);
            }
            // The conflicting job has been deleted meanwhile
            result = await Insert([job], cancellationToken);
        }
        return new Submitted.Accepted(job);
    }

    /// <summary>Inserts all jobs or none.</summary>
    /// <exception cref="TimeoutException">
    /// It took too long. Jobs whose insert had not begun are not inserted; of others nobody can say, and repeating the submission finds out.
    /// </exception>
    public Task<InsertResult> Insert(IReadOnlyList<JobState> jobs, CancellationToken cancellationToken) =>
        InsertInTime(jobs, cancellationToken).WaitAsync(patience, cancellationToken);

    async Task<InsertResult> InsertInTime(IReadOnlyList<JobState> jobs, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        return await inserter.Submit(jobs, deadline.Token);
    }

    internal static Submitted Compare(JobState job, JobState existing, InsertConflict conflict)
    {
        if (IsSame(job, existing))
        {
            return new Submitted.Duplicate(existing);
        }
        return conflict.SameKey
            ? new Submitted.Conflict("idempotency_key_reused", "idempotency_key", $"expected a key of its own; {FieldErrors.Quote(job.IdempotencyKey!)} belongs to job {existing.JobId}, which was submitted with other content")
            : new Submitted.Conflict("job_id_taken", "job_id", $"expected an id that is not in use; {FieldErrors.Quote(job.JobId)} is taken");
    }

    /// <summary>True if <paramref name="existing"/> was inserted by an earlier request with the same content.</summary>
    public static bool IsSame(JobState job, JobState existing) =>
        job.IdempotencyKey is not null && job.IdempotencyKey == existing.IdempotencyKey && job.Owner == existing.Owner
        && job.RequestHash.AsSpan().SequenceEqual(existing.RequestHash);
}
