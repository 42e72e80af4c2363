using System.Text.Json;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Access;
using Microsoft.AspNetCore.Components.Authorization;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>The canonical API, as the person who is signed in.</summary>
sealed class JobSystemApi(IHttpClientFactory clients, ApiAddress address, AuthenticationStateProvider authentication)
{
    public const string ClientName = "dashboard";
    static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public async Task<Viewer> Me()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        return new(user.Identity?.Name ?? "", Permissions.Of(user));
    }

    public Task<JobCounts> Counts() => Get<JobCounts>("jobs/stats");

    public Task<JobsPage> Jobs(JobSearch search, string? cursor) => Get<JobsPage>($"jobs?{search.ToQuery(cursor)}");

    public Task<Job> Job(string id) => Get<Job>($"jobs/{Uri.EscapeDataString(id)}");

    public Task<Listed<JobStep>> Steps(string id) => Get<Listed<JobStep>>($"jobs/{Uri.EscapeDataString(id)}/events?limit=1000");

    public Task<Listed<LogLine>> Logs(string id) => Get<Listed<LogLine>>($"jobs/{Uri.EscapeDataString(id)}/logs?limit=1000");

    public Task<Explanation> Explain(string id) => Get<Explanation>($"jobs/{Uri.EscapeDataString(id)}/explain");

    public Task Cancel(string id) => Do(HttpMethod.Post, $"jobs/{Uri.EscapeDataString(id)}/cancel");

    public Task Retry(string id) => Do(HttpMethod.Post, $"jobs/{Uri.EscapeDataString(id)}/retry");

    public Task Delete(string id) => Do(HttpMethod.Delete, $"jobs/{Uri.EscapeDataString(id)}");

    public Task<Listed<Queue>> Queues() => Get<Listed<Queue>>("queues?limit=1000");

    public Task PauseQueue(string name) => Do(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/pause");

    public Task ResumeQueue(string name) => Do(HttpMethod.Post, $"queues/{Uri.EscapeDataString(name)}/resume");

    async Task<T> Get<T>(string path)
    {
        using var response = await Send(HttpMethod.Get, path);
        return (await response.Content.ReadFromJsonAsync<T>(json))!;
    }

    async Task Do(HttpMethod method, string path) => (await Send(method, path)).Dispose();

    async Task<HttpResponseMessage> Send(HttpMethod method, string path)
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        var credential = Credential.Of(user) ?? throw new ApiProblem("You are signed out. Load the page again to sign in.");
        using var request = new HttpRequestMessage(method, new Uri(address.Value, $"api/v1/{path}"));
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
            throw new ApiProblem("The API cannot be reached just now.", error);
        }
    }
}
