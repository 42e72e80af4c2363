using System.Runtime.InteropServices;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;

namespace JobSystem.JobApi.Jobs;

/// <summary>Follow-up jobs of a report that can be inserted, or why one of them cannot.</summary>
/// <param name="Jobs">Without those that are the same as an earlier one of the report.</param>
/// <param name="Refusal">Names the first job at fault, each field, what was expected and what came; null if there is none.</param>
public sealed record AdmittedFollowUps(IReadOnlyList<JobState> Jobs, string? Refusal);

/// <summary>
/// Makes rows of the follow-up jobs of a completed attempt. They are submissions of the parent's owner, but the quota does not stop them: the work that they
/// follow is done already.
/// </summary>
public sealed class FollowUpAdmission(
    JobRequestReader reader, JobAdmission admission, JobInserter inserter, GroupCommitter committer, IJobStore store, DatabaseClock clock)
{
    /// <param name="report">A report with follow-up jobs.</param>
    /// <param name="cancellationToken">Stops it; nothing has happened then.</param>
    public async Task<AdmittedFollowUps> Admit(AttemptReport report, CancellationToken cancellationToken)
    {
        // What is needed of the parent never changes, so its row may be outdated
        if (await committer.Load(report.JobId, fresh: false, cancellationToken) is not { } parent)
        {
            return new([], null);
        }
        var given = report.FollowUps!;
        if (given.Count > FollowUpJobs.Most)
        {
            return Refuse($"follow_ups: expected at most {FollowUpJobs.Most} jobs; got {given.Count}");
        }
        var now = clock.UtcNow;
        var (jobs, chosen) = (new List<JobState>(given.Count), new HashSet<Guid>());
        for (var index = 0; index < given.Count; index++)
        {
            var errors = new FieldErrors();
            if (await Admit(parent, report, index, now, chosen, errors, cancellationToken) is not { } job)
            {
                return Refuse(Describe(index, errors));
            }
            jobs.Add(job);
        }
        if (await FindTaken(jobs, chosen, cancellationToken) is >= 0 and var taken)
        {
            return Refuse($"follow_ups[{taken}].job_id: expected an id that is not in use; got {FieldErrors.Quote(jobs[taken].JobId)}, which is taken");
        }
        var (ids, keys) = (new HashSet<Guid>(), new HashSet<string>(StringComparer.Ordinal));
        jobs.RemoveAll(x => !ids.Add(x.CorrelationId) || (x.IdempotencyKey is { } key && !keys.Add(key)));
        await inserter.Prepare(jobs, cancellationToken);
        return new(jobs, null);
    }

    /// <param name="chosen">Gets the job's id if its caller has chosen it.</param>
    async Task<JobState?> Admit(
        JobState parent, AttemptReport report, int index, DateTimeOffset now, HashSet<Guid> chosen, FieldErrors errors, CancellationToken cancellationToken)
    {
        var body = report.FollowUps![index];
        if (UnpairedSurrogates.FindMember(JsonMarshal.GetRawUtf8Value(body)) is { } half)
        {
            errors.Expected(half.Member, "valid Unicode", $"{half.Surrogate}, which is half of a surrogate pair");
            return null;
        }
        if (reader.Read(body, now, errors) is not { } request || await admission.Admit(request, parent.Owner, now, errors, cancellationToken) is not { } job)
        {
            return null;
        }
        new ParentJob(parent, report.Traceparent).Adopt(job);
        if (request.JobId is null)
        {
            job.CorrelationId = FollowUpJobs.IdOf(parent.CorrelationId, report.Attempt, index);
        }
        else
        {
            chosen.Add(job.CorrelationId);
        }
        return job;
    }

    /// <summary>
    /// An id that the owner has given before names the same job, which is not inserted again; somebody else's job is another one. Returns the index of the
    /// first that has such an id; -1 if there is none.
    /// </summary>
    async Task<int> FindTaken(List<JobState> jobs, HashSet<Guid> chosen, CancellationToken cancellationToken)
    {
        if (chosen.Count == 0)
        {
            return -1;
        }
        var existing = await store.Load(chosen, cancellationToken);
        return jobs.FindIndex(x => existing.TryGetValue(x.CorrelationId, out var other) && other.Owner != x.Owner);
    }

    static AdmittedFollowUps Refuse(string reason) => new([], reason);

    static string Describe(int index, FieldErrors errors) => string.Join("; ", errors.Messages.Select(
        x => $"follow_ups[{index}]{(x.Key == "body" ? "" : $".{x.Key}")}: {string.Join(", ", x.Value)}"));
}
