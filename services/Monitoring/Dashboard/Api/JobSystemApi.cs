using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using JobSystem.Api;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Access;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http.Extensions;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>Calls the canonical API with the credential of the person who is signed in.</summary>
sealed class JobSystemApi(
    IHttpClientFactory clients, ApiAddress address, CoalescedReads shared, AuthenticationStateProvider authentication, NavigationManager navigation)
{
    public const string ClientName = "dashboard";
    const string RangeFormat = "yyyy-MM-ddTHH:mm:ssZ";

    public async Task<CallerScope> Me()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        return new(user.Identity?.Name ?? "", Permissions.GrantedTo(user));
    }

    public Task<JobStats> Stats() => Get<JobStats>("jobs/stats");

    public Task<Page<Job>> Jobs(JobSearch search, string? cursor) => Get<Page<Job>>($"jobs?{search.ToQuery(cursor)}");

    public Task<Job> Job(string id) => Get<Job>(PathOf(id));

    public Task<JobStepPage> Steps(string id) => Get<JobStepPage>($"{PathOf(id)}/events?limit=1000");

    public Task<LogPage> Logs(string id, int offset) => Get<LogPage>($"{PathOf(id)}/logs?limit=1000&offset={offset}");

    public Task<Explanation> Explain(string id) => Get<Explanation>($"{PathOf(id)}/explain");

    public Task Cancel(string id) => Send(HttpMethod.Post, $"{PathOf(id)}/cancel");

    public Task Retry(string id) => Send(HttpMethod.Post, $"{PathOf(id)}/retry");

    public Task Delete(string id) => Send(HttpMethod.Delete, PathOf(id));

    public Task<Listing<Queue>> Queues() => Get<Listing<Queue>>("queues?limit=1000");

    public Task PauseQueue(string name) => Send(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/pause");

    public Task ResumeQueue(string name) => Send(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/resume");

    public Task<HistorySeries> History(DateTimeOffset from, string step) =>
        Get<HistorySeries>($"history?step={step}&from={from.UtcDateTime.ToString(RangeFormat, CultureInfo.InvariantCulture)}");

    /// <summary>What happened to each task since the beginning of yesterday, UTC.</summary>
    public async Task<ILookup<string, HistoryStep>> TwoDaysByTask(DateTimeOffset now)
    {
        var from = now.UtcDateTime.AddDays(-1).ToString(RangeFormat, CultureInfo.InvariantCulture);
        var series = await Get<HistorySeries>($"history?step=day&group_by=task&buckets=true&from={from}");
        return series.Items.ToLookup(x => x.TaskName!);
    }

    public Task<AlertList> Alerts() => Get<AlertList>("alerts");

    public Task<Listing<FailureGroup>> Failures() => Get<Listing<FailureGroup>>("failures?limit=100");

    public Task<Listing<WorkerProcess>> Workers() => Get<Listing<WorkerProcess>>("workers?limit=1000");

    public Task CommandWorker(string id, string command, WorkerRequest body) =>
        Send(HttpMethod.Post, $"workers/{Uri.EscapeDataString(id)}/{command}", ToContent(body, ApiRequestJson.Default.WorkerRequest));

    public Task<Listing<RegisteredTask>> Tasks() => Get<Listing<RegisteredTask>>("tasks?limit=1000");

    /// <summary>The schedules in the order of their next runs.</summary>
    /// <param name="text">Empty for any, as is <paramref name="status"/>.</param>
    public Task<Page<Schedule>> Schedules(string text, string status, int limit, int offset)
    {
        var query = new QueryBuilder
        {
            { "limit", $"{limit}" }, { "offset", $"{offset}" }, { "order_by", "next_run_at" }, { "order_dir", "asc" },
            { "q", text }, { "status", status },
        };
        return Get<Page<Schedule>>($"schedules{query}");
    }

    public Task<Schedule> Schedule(string id) => Get<Schedule>($"schedules/{Uri.EscapeDataString(id)}");

    public Task<PlannedRuns> NextRuns(string id) => Get<PlannedRuns>($"schedules/{Uri.EscapeDataString(id)}/next");

    public Task<Page<Job>> JobsOfSchedule(string scheduleId) => Get<Page<Job>>($"schedules/{Uri.EscapeDataString(scheduleId)}/jobs?limit=20");

    public Task<PreviewedRuns> PreviewRuns(string cron, string zone) =>
        Get<PreviewedRuns>($"schedules/preview?count=5&cron_expression={Uri.EscapeDataString(cron)}&timezone={Uri.EscapeDataString(zone)}");

    /// <param name="id">Null for a new schedule, which takes the same members.</param>
    public Task<Schedule> SaveSchedule(string? id, UpdateScheduleRequest schedule)
    {
        var content = ToContent(schedule, ApiRequestJson.Default.UpdateScheduleRequest);
        return id is null
            ? Write<Schedule>(HttpMethod.Post, "schedules", content)
            : Write<Schedule>(HttpMethod.Put, $"schedules/{Uri.EscapeDataString(id)}", content);
    }

    /// <param name="verb">run, pause or resume</param>
    public Task ControlSchedule(string scheduleId, string verb) => Send(HttpMethod.Post, $"schedules/{Uri.EscapeDataString(scheduleId)}/{verb}");

    public Task DeleteSchedule(string id) => Send(HttpMethod.Delete, $"schedules/{Uri.EscapeDataString(id)}");

    public Task<Page<AuditRecord>> Audit(string query) => Get<Page<AuditRecord>>($"audit?{query}");

    public Task<SystemHealth> Health() => Get<SystemHealth>("health");

    public Task<Job> Submit(CreateJobRequest job) => Write<Job>(HttpMethod.Post, "jobs", ToContent(job, ApiRequestJson.Default.CreateJobRequest));

    public Task<Job> Clone(string id) => Write<Job>(HttpMethod.Post, $"{PathOf(id)}/clone", null);

    public Task ClearQueue(string name) => Send(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/clear");

    public Task<Queue> Queue(string name) => Get<Queue>($"queues/{Uri.EscapeDataString(name)}");

    public Task ChangeQueue(string name, ChangeQueueRequest change) =>
        Send(HttpMethod.Put, $"queues/{Uri.EscapeDataString(name)}", ToContent(change, ApiRequestJson.Default.ChangeQueueRequest));

    public Task<Listing<ApiKeyDetails>> Keys() => Get<Listing<ApiKeyDetails>>("api-keys?limit=1000");

    public Task<IssuedApiKey> IssueKey(CreateApiKeyRequest key) =>
        Write<IssuedApiKey>(HttpMethod.Post, "api-keys", ToContent(key, ApiRequestJson.Default.CreateApiKeyRequest));

    public Task RevokeKey(Guid id) => Send(HttpMethod.Delete, $"api-keys/{id}");

    /// <param name="verb">cancel, retry or delete</param>
    public Task<BulkAnswer> Bulk(string verb, BulkJobsRequest jobs, bool dryRun) =>
        Write<BulkAnswer>(HttpMethod.Post, $"jobs/bulk/{verb}", ToContent(jobs with { DryRun = dryRun }, ApiRequestJson.Default.BulkJobsRequest));

    static string PathOf(string jobId) => $"jobs/{Uri.EscapeDataString(jobId)}";

    static JsonContent ToContent<T>(T body, JsonTypeInfo<T> type) => JsonContent.Create(body, type);

    Task<T> Get<T>(string path) where T : class => Call(caller => shared.Get(caller, path, () => Read<T>(caller, HttpMethod.Get, path, null)));

    Task<T> Write<T>(HttpMethod method, string path, JsonContent? body) where T : class => Call(caller =>
    {
        shared.Forget(caller);
        return Read<T>(caller, method, path, body);
    });

    /// <summary>A call whose response is not read.</summary>
    async Task Send(HttpMethod method, string path, JsonContent? body = null) => (await Call(caller =>
    {
        shared.Forget(caller);
        return Send(caller, method, path, body);
    })).Dispose();

    /// <summary>Calls the API with the person's credential. If it is not valid any more, the page leads to the sign-in form.</summary>
    async Task<T> Call<T>(Func<Credential, Task<T>> call)
    {
        var credential = Credential.FromUser((await authentication.GetAuthenticationStateAsync()).User)
            ?? throw new ApiProblem("You are signed out. Load the page again to sign in.");
        try
        {
            return await call(credential);
        }
        catch (ApiProblem problem) when (problem.IsSignedOut)
        {
            navigation.Refresh(forceReload: true);
            throw;
        }
    }

    async Task<T> Read<T>(Credential credential, HttpMethod method, string path, JsonContent? body) where T : class
    {
        using var response = await Send(credential, method, path, body);
        await using var stream = await response.Content.ReadAsStreamAsync();
        return await ApiJson.Read<T>(stream, CancellationToken.None);
    }

    async Task<HttpResponseMessage> Send(Credential credential, HttpMethod method, string path, JsonContent? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(address.Value, $"api/v1/{path}")) { Content = body };
        credential.Sign(request);
        var response = await Send(clients, request, CancellationToken.None);
        await ApiProblem.ThrowIfRefused(response, CancellationToken.None);
        return response;
    }

    public static async Task<HttpResponseMessage> Send(IHttpClientFactory clients, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await clients.CreateClient(ClientName).SendAsync(request, cancellationToken);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new ApiProblem("The API is currently unreachable.", error);
        }
    }
}
