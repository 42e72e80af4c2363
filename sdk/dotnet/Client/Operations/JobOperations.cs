using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobSystem.Api;
using JobSystem.Client.Enqueueing;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// Jobs as the API has them. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing answers. What makes a job
/// gets an idempotency key of its own unless it has one, so that a lost answer is asked for again.
/// </summary>
public sealed class JobOperations
{
    static readonly ApiRequestJson json = ApiRequestJson.Default;
    readonly ApiConnection api;

    internal JobOperations(ApiConnection api) => this.api = api;

    /// <summary>Creates a job.</summary>
    public Task<Job> Create(CreateJobRequest job, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        var call = ApiCall.Post("jobs").With(WithKey(job), json.CreateJobRequest);
        return api.Read<Job>(call with { IsRepeatable = true }, cancellationToken);
    }

    /// <summary>Creates 1 to 1,000 jobs, all or none.</summary>
    /// <returns>The ids, in the order of the jobs.</returns>
    public async Task<IReadOnlyList<string>> CreateMany(IEnumerable<CreateJobRequest> jobs, CancellationToken cancellationToken = default)
    {
        var body = new CreateJobsRequest { Jobs = [.. jobs.Select(WithKey)] };
        var call = ApiCall.Post("jobs", "batch").With(body, json.CreateJobsRequest) with { IsRepeatable = true };
        return (await api.Read<CreatedJobs>(call, cancellationToken)).Ids;
    }

    /// <summary>Creates a job and waits for its result, for 60 s unless the request says otherwise.</summary>
    /// <returns>The task's result: any JSON.</returns>
    public Task<RawJson> RunSync(RunJobSyncRequest job, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        var call = ApiCall.Post("jobs", "run-sync").With(WithKey(job), json.RunJobSyncRequest);
        return api.ReadRaw(call with { IsRepeatable = true, ServerWait = TimeSpan.FromSeconds(job.WaitTimeout ?? 60) }, cancellationToken);
    }

    /// <summary>Returns a page of jobs, the newest first unless <paramref name="page"/> says otherwise.</summary>
    /// <param name="filter">Which jobs. Default: all that the caller may see.</param>
    /// <param name="page">Which page, in which order. Default: the first 100.</param>
    public Task<Page<Job>> List(JobSelection? filter = null, PageOptions? page = null, CancellationToken cancellationToken = default) =>
        api.Read<Page<Job>>(ApiCall.Get("jobs") with { Query = Queries.Jobs(filter, page) }, cancellationToken);

    /// <summary>Returns all jobs that match, page by page, the newest first.</summary>
    /// <param name="filter">Which jobs. Default: all that the caller may see.</param>
    public async IAsyncEnumerable<Job> ListAll(
        JobSelection? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? cursor = null;
        do
        {
            var page = await List(filter, new() { Limit = 500, Cursor = cursor }, cancellationToken);
            foreach (var job in page.Items)
            {
                yield return job;
            }
            cursor = page.NextCursor;
        } while (cursor is not null);
    }

    /// <summary>Returns a job.</summary>
    public Task<Job> Get(string jobId, CancellationToken cancellationToken = default) =>
        api.Read<Job>(ApiCall.Get("jobs", jobId), cancellationToken);

    /// <summary>Deletes a job that has ended.</summary>
    public Task Delete(string jobId, CancellationToken cancellationToken = default) =>
        api.Send(ApiCall.Delete("jobs", jobId), cancellationToken);

    /// <summary>Cancels a job: if it waits, it ends at once; if it runs, it is asked to stop.</summary>
    /// <param name="reason">Why, at most 500 characters. Default: none.</param>
    public Task<Job> Cancel(string jobId, string? reason = null, CancellationToken cancellationToken = default) =>
        Post<CancelJobRequest, Job>(["jobs", jobId, "cancel"], new() { Reason = reason }, json.CancelJobRequest, cancellationToken);

    /// <summary>Runs a job again that ended without success.</summary>
    /// <param name="delay">Time until then. Default: at once.</param>
    public Task<Job> Retry(string jobId, TimeSpan? delay = null, CancellationToken cancellationToken = default) =>
        Post<RetryJobRequest, Job>(
            ["jobs", jobId, "retry"], new() { Delay = delay?.TotalSeconds }, json.RetryJobRequest, cancellationToken);

    /// <summary>Creates a copy of a job.</summary>
    /// <param name="changes">What is different from the original. Default: nothing.</param>
    public Task<Job> Clone(string jobId, CloneJobRequest? changes = null, CancellationToken cancellationToken = default)
    {
        var call = ApiCall.Post("jobs", jobId, "clone").With(WithKey(changes ?? new()), json.CloneJobRequest);
        return api.Read<Job>(call with { IsRepeatable = true }, cancellationToken);
    }

    /// <summary>Completes a job whose work was done by hand.</summary>
    public Task<Job> ForceComplete(string jobId, ForceCompleteRequest request, CancellationToken cancellationToken = default) =>
        Post<ForceCompleteRequest, Job>(["jobs", jobId, "force-complete"], request, json.ForceCompleteRequest, cancellationToken);

    /// <summary>Waits until a job has ended, at most for a time.</summary>
    /// <param name="timeout">At most 300 s. Default: 30 s.</param>
    /// <returns>The job; it has not ended if its status is not final.</returns>
    public Task<Job> Wait(string jobId, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var wait = timeout ?? TimeSpan.FromSeconds(30);
        var call = ApiCall.Get("jobs", jobId, "wait") with { Query = new() { { "timeout", wait } }, ServerWait = wait };
        return api.Read<Job>(call, cancellationToken);
    }

    /// <summary>Returns the steps that a job has taken, oldest first.</summary>
    public Task<JobStepPage> Steps(string jobId, int? limit = null, int? offset = null, CancellationToken cancellationToken = default) =>
        api.Read<JobStepPage>(ApiCall.Get("jobs", jobId, "events") with { Query = Queries.Page(limit, offset) }, cancellationToken);

    /// <summary>Returns what a job has logged, oldest first.</summary>
    /// <param name="attempt">Only this attempt. Default: all.</param>
    public Task<LogPage> Logs(
        string jobId, int? attempt = null, int? limit = null, int? offset = null, CancellationToken cancellationToken = default) =>
        api.Read<LogPage>(
            ApiCall.Get("jobs", jobId, "logs") with { Query = new() { { "attempt", attempt }, { "limit", limit }, { "offset", offset } } },
            cancellationToken);

    /// <summary>Says why a job is not running now.</summary>
    public Task<Explanation> Explain(string jobId, CancellationToken cancellationToken = default) =>
        api.Read<Explanation>(ApiCall.Get("jobs", jobId, "explain"), cancellationToken);

    /// <summary>Returns each step of a job, those that it has taken and those to come, until it has ended.</summary>
    public async IAsyncEnumerable<JobStep> Stream(string jobId, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var item in api.Stream(ApiCall.Get("jobs", jobId, "stream"), cancellationToken))
        {
            // All steps follow once more after it
            if (item.EventType != EventOperations.Reset)
            {
                yield return JsonSerializer.Deserialize(item.Data, (JsonTypeInfo<JobStep>)ApiJson.Reader.GetTypeInfo(typeof(JobStep)))!;
            }
        }
    }

    /// <summary>Returns counts, times and throughput of all jobs that the caller may see.</summary>
    /// <param name="owner">Only jobs of this owner. Default: all.</param>
    public Task<JobStats> Stats(string? owner = null, CancellationToken cancellationToken = default) =>
        api.Read<JobStats>(ApiCall.Get("jobs", "stats") with { Query = new() { { "owner", owner } } }, cancellationToken);

    /// <summary>Cancels many jobs.</summary>
    public Task<BulkAnswer> CancelMany(BulkCancelRequest jobs, CancellationToken cancellationToken = default) =>
        Post<BulkCancelRequest, BulkAnswer>(["jobs", "bulk", "cancel"], jobs, json.BulkCancelRequest, cancellationToken);

    /// <summary>Runs many jobs again.</summary>
    public Task<BulkAnswer> RetryMany(BulkRetryRequest jobs, CancellationToken cancellationToken = default) =>
        Post<BulkRetryRequest, BulkAnswer>(["jobs", "bulk", "retry"], jobs, json.BulkRetryRequest, cancellationToken);

    /// <summary>Deletes many jobs that have ended.</summary>
    public Task<BulkAnswer> DeleteMany(BulkJobsRequest jobs, CancellationToken cancellationToken = default) =>
        Post<BulkJobsRequest, BulkAnswer>(["jobs", "bulk", "delete"], jobs, json.BulkJobsRequest, cancellationToken);

    /// <summary>Removes jobs that ended long ago.</summary>
    public Task<CleanUpAnswer> CleanUp(CleanUpRequest request, CancellationToken cancellationToken = default) =>
        Post<CleanUpRequest, CleanUpAnswer>(["jobs", "cleanup"], request, json.CleanUpRequest, cancellationToken);

    static T WithKey<T>(T job) where T : JobSettings => job with { IdempotencyKey = job.IdempotencyKey ?? PreparedJob.NewKey() };

    Task<TAnswer> Post<TBody, TAnswer>(string[] path, TBody body, JsonTypeInfo<TBody> type, CancellationToken cancellationToken)
        where TAnswer : class => api.Read<TAnswer>(ApiCall.Post(path).With(body, type), cancellationToken);
}
