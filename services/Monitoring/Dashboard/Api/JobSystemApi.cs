using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Access;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http.Extensions;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>The canonical API, as the person who is signed in.</summary>
sealed class JobSystemApi(IHttpClientFactory clients, ApiAddress address, CoalescedReads shared, AuthenticationStateProvider authentication, NavigationManager navigation)
{
    public const string ClientName = "dashboard";
    static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public async Task<CallerScope> Me()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        return new(user.Identity?.Name ?? "", Permissions.GrantedTo(user));
    }

    public Task<JobCounts> Counts() => Get<JobCounts>("jobs/stats");

    public Task<JobsPage> Jobs(JobSearch search, string? cursor) => Get<JobsPage>($"jobs?{search.ToQuery(cursor)}");

    public Task<Job> Job(string id) => Get<Job>($"jobs/{Uri.EscapeDataString(id)}");

    public Task<Listed<JobStep>> Steps(string id) => Get<Listed<JobStep>>($"jobs/{Uri.EscapeDataString(id)}/events?limit=1000");

    public Task<LogPage> Logs(string id, int offset) => Get<LogPage>($"jobs/{Uri.EscapeDataString(id)}/logs?limit=1000&offset={offset}");

    public Task<Explanation> Explain(string id) => Get<Explanation>($"jobs/{Uri.EscapeDataString(id)}/explain");

    public Task Cancel(string id) => Do(HttpMethod.Post, $"jobs/{Uri.EscapeDataString(id)}/cancel");

    public Task Retry(string id) => Do(HttpMethod.Post, $"jobs/{Uri.EscapeDataString(id)}/retry");

    public Task Delete(string id) => Do(HttpMethod.Delete, $"jobs/{Uri.EscapeDataString(id)}");

    public Task<Listed<Queue>> Queues() => Get<Listed<Queue>>("queues?limit=1000");

    public Task PauseQueue(string name) => Do(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/pause");

    public Task ResumeQueue(string name) => Do(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/resume");

    public Task<HistoryPage> History(DateTimeOffset from, string step) => Get<HistoryPage>($"history?step={step}&from={from.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}");

    /// <summary>What happened to each task since the beginning of yesterday, UTC.</summary>
    public async Task<ILookup<string, HistoryStep>> TwoDaysByTask(DateTimeOffset now)
    {
        var page = await Get<HistoryPage>($"history?step=day&group_by=task&buckets=true&from={now.UtcDateTime.AddDays(-1):yyyy-MM-ddTHH:mm:ssZ}");
        return page.Items.ToLookup(x => x.TaskName!);
    }

    public Task<Listed<AlertView>> Alerts() => Get<Listed<AlertView>>("alerts");

    public Task<Listed<FailureView>> Failures() => Get<Listed<FailureView>>("failures?limit=100");

    public Task<Listed<WorkerView>> Workers() => Get<Listed<WorkerView>>("workers?limit=1000");

    public Task CommandWorker(string id, string command, object body) => Do(HttpMethod.Post, $"workers/{Uri.EscapeDataString(id)}/{command}", JsonSerializer.SerializeToNode(body));

    public Task<Listed<TaskView>> Tasks() => Get<Listed<TaskView>>("tasks?limit=1000");

    /// <summary>Those that run next first.</summary>
    /// <param name="text">Empty for any, as is <paramref name="status"/>.</param>
    public Task<Listed<ScheduleView>> Schedules(string text, string status, int limit, int offset)
    {
        var query = new QueryBuilder { { "limit", $"{limit}" }, { "offset", $"{offset}" }, { "order_by", "next_run_at" }, { "order_dir", "asc" }, { "q", text }, { "status", status } };
        return Get<Listed<ScheduleView>>($"schedules{query}");
    }

    public Task<ScheduleView> Schedule(string id) => Get<ScheduleView>($"schedules/{Uri.EscapeDataString(id)}");

    public Task<Listed<NextRun>> NextRuns(string id) => Get<Listed<NextRun>>($"schedules/{Uri.EscapeDataString(id)}/next");

    public Task<JobsPage> JobsOf(string scheduleId) => Get<JobsPage>($"schedules/{Uri.EscapeDataString(scheduleId)}/jobs?limit=20");

    public Task<Listed<NextRun>> PreviewRuns(string cron, string zone) => Get<Listed<NextRun>>($"schedules/preview?count=5&cron_expression={Uri.EscapeDataString(cron)}&timezone={Uri.EscapeDataString(zone)}");

    /// <summary>With all that a form does not show.</summary>
    public Task<JsonElement> ScheduleAsItIs(string id) => Mine(me => Read<JsonElement>(me, HttpMethod.Get, $"schedules/{Uri.EscapeDataString(id)}", null));

    public Task<Named> ChangeSchedule(string id, JsonNode schedule) => Write<Named>(HttpMethod.Put, $"schedules/{Uri.EscapeDataString(id)}", schedule);

    public Task<Named> CreateSchedule(JsonNode schedule) => Post<Named>("schedules", schedule);

    public Task Steer(string scheduleId, string verb) => Do(HttpMethod.Post, $"schedules/{Uri.EscapeDataString(scheduleId)}/{verb}");

    public Task DeleteSchedule(string id) => Do(HttpMethod.Delete, $"schedules/{Uri.EscapeDataString(id)}");

    public Task<AuditPage> Audit(string query) => Get<AuditPage>($"audit?{query}");

    public Task<HealthView> Health() => Get<HealthView>("health");

    public Task<Named> Submit(JsonNode job) => Post<Named>("jobs", job);

    public Task<Named> Clone(string id) => Post<Named>($"jobs/{Uri.EscapeDataString(id)}/clone", null);

    public Task ClearQueue(string name) => Do(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/clear");

    public Task<Queue> Queue(string name) => Get<Queue>($"queues/{Uri.EscapeDataString(name)}");

    public Task LimitQueue(string name, JsonNode limits) => Do(HttpMethod.Put, $"queues/{Uri.EscapeDataString(name)}", limits);

    public Task<Listed<KeyView>> Keys() => Get<Listed<KeyView>>("api-keys?limit=1000");

    /// <param name="permission">Empty for a key that reaches its owner's jobs only.</param>
    /// <param name="days">Null for a key that does not expire.</param>
    public Task<NewKey> IssueKey(string name, string permission, int? days)
    {
        var body = new JsonObject { ["name"] = name, ["permissions"] = permission.Length > 0 ? new JsonArray(permission) : [] };
        if (days is { } limit)
        {
            body["expires_in"] = limit * TimeSpan.SecondsPerDay;
        }
        return Post<NewKey>("api-keys", body);
    }

    public Task RevokeKey(string id) => Do(HttpMethod.Delete, $"api-keys/{Uri.EscapeDataString(id)}");

    /// <param name="verb">cancel, retry or delete</param>
    /// <param name="what">ids, or a filter.</param>
    public Task<BulkAnswer> Bulk(string verb, JsonObject what, bool dryRun)
    {
        var body = (JsonObject)what.DeepClone();
        body["dry_run"] = dryRun;
        return Post<BulkAnswer>($"jobs/bulk/{verb}", body);
    }

    Task<T> Get<T>(string path) => Mine(me => shared.Get(me, path, () => Read<T>(me, HttpMethod.Get, path, null)));

    Task<T> Post<T>(string path, JsonNode? body) => Write<T>(HttpMethod.Post, path, body);

    Task<T> Write<T>(HttpMethod method, string path, JsonNode? body) => Mine(me =>
    {
        shared.Forget(me);
        return Read<T>(me, method, path, body);
    });

    async Task Do(HttpMethod method, string path, JsonNode? body = null) => (await Mine(me =>
    {
        shared.Forget(me);
        return Send(me, method, path, body);
    })).Dispose();

    /// <summary>With a credential that has ended a page leads to the form for another one.</summary>
    async Task<T> Mine<T>(Func<Credential, Task<T>> ask)
    {
        var me = Credential.Of((await authentication.GetAuthenticationStateAsync()).User) ?? throw new ApiProblem("You are signed out. Load the page again to sign in.");
        try
        {
            return await ask(me);
        }
        catch (ApiProblem problem) when (problem.IsSignedOut)
        {
            navigation.Refresh(forceReload: true);
            throw;
        }
    }

    async Task<T> Read<T>(Credential credential, HttpMethod method, string path, JsonNode? body)
    {
        using var response = await Send(credential, method, path, body);
        return (await response.Content.ReadFromJsonAsync<T>(json))!;
    }

    async Task<HttpResponseMessage> Send(Credential credential, HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(address.Value, $"api/v1/{path}"));
        credential.Sign(request);
        request.Content = body is null ? null : JsonContent.Create(body);
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
