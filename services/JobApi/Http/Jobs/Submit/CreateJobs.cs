using System.Text.Json;
using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Jobs.Submit;

/// <summary>POST /jobs/batch: many jobs, all or none, one commit.</summary>
sealed class CreateJobs(
    JobRequestReader reader, JobAdmission admission, JobQuota quota, JobSubmissions submissions, IJobStore store, DatabaseClock clock, IOptions<JobLimits> options)
{
    const string Failed = "Failed to create jobs";
    readonly JobLimits limits = options.Value;

    public static Task<Results<RecordAnswer<CreatedJobs>, ProblemHttpResult>> Handle(
        HttpContext http, CreateJobs batch, CancellationToken cancellationToken) =>
        batch.Handle(http, cancellationToken);

    async Task<Results<RecordAnswer<CreatedJobs>, ProblemHttpResult>> Handle(HttpContext http, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.BatchBytes, Failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        var errors = new FieldErrors();
        var now = clock.UtcNow;
        List<JobRequest> requests;
        using (body)
        {
            requests = Read(http, body.Root, now, errors);
        }
        var jobs = errors.Any ? [] : await Admit(requests, Caller.NameOf(http), now, errors, cancellationToken);
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        using var places = await quota.Take(CallerScope.FromRequest(http), jobs.Count, cancellationToken);
        return places.Refusal is { } reason ? JobQuota.ToProblem(reason, Failed) : await Submit(http, jobs, cancellationToken);
    }

    List<JobRequest> Read(HttpContext http, JsonElement body, DateTimeOffset now, FieldErrors errors)
    {
        if (http.Request.Headers.ContainsKey(IdempotencyKeys.Header))
        {
            errors.Expected(IdempotencyKeys.Header, "idempotency_key in each job of a batch", "the header");
        }
        if (Jobs(body, errors) is not { } jobs)
        {
            return [];
        }
        var requests = new List<JobRequest>(jobs.GetArrayLength());
        JobRequest? previous = null;
        foreach (var job in jobs.EnumerateArray())
        {
            errors.Index++;
            if (reader.Read(job, now, errors, previous) is { } request)
            {
                requests.Add(request);
                previous = request;
            }
            else if (errors.Full)
            {
                break;
            }
        }
        errors.Index = -1;
        return requests;
    }

    /// <summary>Reads the array <c>jobs</c>; other members are refused.</summary>
    JsonElement? Jobs(JsonElement body, FieldErrors errors)
    {
        const string expected = "an object with one member, jobs";
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Expected("body", expected, body);
            return null;
        }
        JsonElement? jobs = null;
        foreach (var member in body.EnumerateObject())
        {
            var known = member.NameEquals("jobs"u8);
            if (!known || jobs is not null)
            {
                errors.Add(member.TryName(out var name) && name.Length <= 64 ? name : "?", known ? "expected once; got more than once" : $"unknown member; expected {expected}");
                return null;
            }
            jobs = member.Value;
        }
        var count = jobs is { ValueKind: JsonValueKind.Array } array ? array.GetArrayLength() : -1;
        if (count >= 1 && count <= limits.BatchJobs)
        {
            return jobs;
        }
        errors.Expected("jobs", $"an array of 1 to {limits.BatchJobs} jobs", count >= 0 ? $"{count}" : FieldErrors.Show(jobs ?? default));
        return null;
    }

    async Task<List<JobState>> Admit(
        List<JobRequest> requests, string owner, DateTimeOffset now, FieldErrors errors, CancellationToken cancellationToken)
    {
        var jobs = new List<JobState>(requests.Count);
        Dictionary<Guid, int>? ids = null;
        Dictionary<string, int>? keys = null;
        for (errors.Index = 0; errors.Index < requests.Count && !errors.Full; errors.Index++)
        {
            var request = requests[errors.Index];
            if (await admission.Admit(request, owner, now, errors, cancellationToken) is not { } job)
            {
                continue;
            }
            jobs.Add(job);
            if (request.JobId is not null && !(ids ??= []).TryAdd(job.CorrelationId, errors.Index))
            {
                errors.Expected("job_id", "an id of its own", $"the id of jobs[{ids[job.CorrelationId]}]");
            }
            if (job.IdempotencyKey is { } key && !(keys ??= new(StringComparer.Ordinal)).TryAdd(key, errors.Index))
            {
                errors.Expected("idempotency_key", "a key of its own", $"the key of jobs[{keys[key]}]");
            }
        }
        errors.Index = -1;
        return jobs;
    }

    async Task<Results<RecordAnswer<CreatedJobs>, ProblemHttpResult>> Submit(
        HttpContext http, List<JobState> jobs, CancellationToken cancellationToken)
    {
        var ids = jobs.ConvertAll(x => x.JobId);
        List<int>? positions = null;
        var created = true;
        while (jobs.Count > 0 && (await submissions.Insert(jobs, cancellationToken)).Conflicts is { Count: > 0 } conflicts)
        {
            positions ??= [.. Enumerable.Range(0, ids.Count)];
            var found = await store.Load([.. conflicts.Select(x => x.Existing).Distinct()], cancellationToken);
            foreach (var conflict in conflicts)
            {
                // Null if the conflicting job has been deleted meanwhile
                if (!found.TryGetValue(conflict.Existing, out var existing))
                {
                    continue;
                }
                if (JobSubmissions.Compare(jobs[conflict.Index], existing, conflict) is Submitted.Conflict taken)
                {
                    return CreateJob.ToProblem(taken with { Field = $"jobs[{positions[conflict.Index]}].{taken.Field}" }, Failed);
                }
                // The job exists because of an earlier call with the same key; its id is returned at its position
                ids[positions[conflict.Index]] = existing.JobId;
            }
            var known = conflicts.Where(x => found.ContainsKey(x.Existing)).Select(x => x.Index).ToHashSet();
            jobs = [.. jobs.Where((_, n) => !known.Contains(n))];
            positions = [.. positions.Where((_, n) => !known.Contains(n))];
            created = jobs.Count > 0;
        }
        AuditNote.ForRequest(http).Created = ids;
        return new RecordAnswer<CreatedJobs>(
            new() { Ids = ids }, ApiJson.Default.CreatedJobs, created ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }
}
