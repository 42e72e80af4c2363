using System.Net;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tests.Api;
using JobSystem.ServiceDefaults.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.JobApi.Tests.Access;

public sealed class PermissionMatrixTests(PermissionMatrixTests.Hosts hosts) : IClassFixture<PermissionMatrixTests.Hosts>
{
    readonly JobApiHost api = hosts.Api;

    IEnumerable<RouteEndpoint> Endpoints => api.Services.GetServices<EndpointDataSource>().SelectMany(x => x.Endpoints).OfType<RouteEndpoint>();

    IEnumerable<(string Method, string Pattern, Permission Need)> Canonical => Routes.Where(x => x.Pattern.StartsWith("/api/v1/", StringComparison.Ordinal));

    /// <summary>The other surfaces hand everything to the canonical one; what they declare themselves is only that there is a caller.</summary>
    IEnumerable<(string Method, string Pattern, Permission Need)> Dialects => Routes.Where(x => !x.Pattern.StartsWith("/api/v1/", StringComparison.Ordinal));

    IEnumerable<(string Method, string Pattern, Permission Need)> Routes =>
        from endpoint in Endpoints
        where endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
        // one stream of one job ends with the job; the stream of everything never does
        where !endpoint.RoutePattern.RawText!.EndsWith("/events/stream", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
        select (method, endpoint.RoutePattern.RawText!, endpoint.Metadata.GetMetadata<RequiredPermission>()!.Permission);

    [Fact]
    public void Endpoints_All_DeclareWhatTheyNeed()
    {
        Assert.True(Endpoints.Count() > 30);
        Assert.All(Endpoints, x => Assert.True(
            x.Metadata.GetMetadata<RequiredPermission>() is not null || (x.Metadata.GetMetadata<IAllowAnonymous>() is not null && x.RoutePattern.RawText!.StartsWith("/health/", StringComparison.Ordinal)),
            $"{x.RoutePattern.RawText} declares nothing: add .RequireCaller() or .RequirePermission(…) in its route table"));
    }

    [Fact]
    public async Task Endpoints_WithoutCredentials_Answer401()
    {
        foreach (var (method, pattern, _) in Routes)
        {
            (await Call(null, method, pattern)).Refused(HttpStatusCode.Unauthorized, "unauthorized");
        }
    }

    [Fact]
    public async Task Endpoints_CallerWithoutPermissions_SeesNothingOfOthers()
    {
        foreach (var (method, pattern, need) in Canonical)
        {
            var reply = await Call(Callers.Alice, method, pattern);
            if (need != Permission.None)
            {
                reply.Refused(HttpStatusCode.Forbidden, "forbidden");
            }
            else if (pattern.Contains("{jobId}", StringComparison.Ordinal))
            {
                reply.Refused(HttpStatusCode.NotFound, "job_not_found");
            }
            else
            {
                Passed(reply, method, pattern);
            }
        }
    }

    [Fact]
    public async Task Endpoints_Viewer_SeesEverythingAndChangesNothing()
    {
        foreach (var (method, pattern, need) in Canonical)
        {
            var reply = await Call(Callers.Viewer, method, pattern);
            if (!Permission.ViewJobs.Includes(need) || (method != "GET" && pattern.Contains("{jobId}", StringComparison.Ordinal) && !pattern.EndsWith("/clone", StringComparison.Ordinal)))
            {
                reply.Refused(HttpStatusCode.Forbidden, "forbidden");
            }
            else
            {
                Passed(reply, method, pattern);
            }
        }
    }

    [Fact]
    public async Task Endpoints_Manager_OperatesEverything()
    {
        foreach (var (method, pattern, need) in Canonical)
        {
            var reply = await Call(Callers.Manager, method, pattern);
            if (!Permission.ManageJobs.Includes(need))
            {
                reply.Refused(HttpStatusCode.Forbidden, "forbidden");
            }
            else
            {
                Passed(reply, method, pattern);
            }
        }
    }

    [Fact]
    public async Task Endpoints_Administrator_IsNeverRefused()
    {
        foreach (var (method, pattern, _) in Canonical)
        {
            Passed(await Call(Callers.Admin, method, pattern), method, pattern);
        }
    }

    [Fact]
    public async Task Dialects_CallerWithoutPermissions_ReachesNothingOfOthers()
    {
        string[] words = ["{jobId}", "{queueName}", "{workerName}", "/queues", "/workers", "/runners", "/admin"];
        var closed = Dialects.Where(x => words.Any(word => x.Pattern.Contains(word, StringComparison.Ordinal))).ToList();
        Assert.True(closed.Count > 15);
        foreach (var (method, pattern, _) in closed)
        {
            var reply = await Call(Callers.Alice, method, pattern);
            Assert.True((int)reply.Status is 400 or 403 or 404 or 415, $"{method} {pattern}: {reply.Status} {reply.Text}");
        }
    }

    [Fact]
    public async Task Dialects_Viewer_ChangesNothing()
    {
        foreach (var (method, pattern, _) in Dialects.Where(x => x.Method != "GET"))
        {
            var reply = await Call(Callers.Viewer, method, pattern);
            Assert.True((int)reply.Status is 400 or 403 or 404 or 415, $"{method} {pattern}: {reply.Status} {reply.Text}");
        }
    }

    static void Passed(Reply reply, string method, string pattern)
    {
        Assert.True(reply.Status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) && (int)reply.Status < 500, $"{method} {pattern}: {reply.Status} {reply.Text}");
        if (pattern.Contains("{jobId}", StringComparison.Ordinal))
        {
            Assert.True(reply.Status != HttpStatusCode.NotFound, $"{method} {pattern}: {reply.Text}");
        }
    }

    /// <summary>About a job of Bob's that has ended, so that nothing waits and nothing starts.</summary>
    async Task<Reply> Call((string, string)? caller, string method, string pattern)
    {
        var path = pattern.Replace("{queueName}", "idle", StringComparison.Ordinal).Replace("{taskName}", "echo", StringComparison.Ordinal)
            .Replace("{workerId}", "nobody", StringComparison.Ordinal).Replace("{sessionId}", "nothing~1", StringComparison.Ordinal).Replace("{workerName}", "nobody", StringComparison.Ordinal).Replace("{scheduleId}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal)
            .Replace("{keyId}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal);
        if (path.Contains("{jobId}", StringComparison.Ordinal))
        {
            var job = (await api.As(Callers.Bob, HttpMethod.Post, "jobs", """{"task_name":"echo","queue_name":"idle"}""")).Expect(HttpStatusCode.Created);
            var id = job.GetProperty("id").GetString()!;
            (await api.As(Callers.Bob, HttpMethod.Post, $"jobs/{id}/cancel")).Expect(HttpStatusCode.OK);
            path = path.Replace("{jobId}", id, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("{", path, StringComparison.Ordinal);
        return await api.As(caller, new(method), path.Length > 1 ? path.TrimEnd('/') : path);
    }

    public sealed class Hosts : IAsyncLifetime
    {
        public JobApiHost Api { get; private set; } = null!;

        public async Task InitializeAsync() => Api = await Callers.Start(servers: false);

        public async Task DisposeAsync() => await Api.DisposeAsync();
    }
}
