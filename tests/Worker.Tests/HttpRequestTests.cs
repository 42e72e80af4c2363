using System.Text.Json;
using JobSystem.Executor.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Tests;

/// <summary>What http_request sends and returns, against a real server on loopback.</summary>
public sealed class HttpRequestTests : IAsyncLifetime
{
    readonly List<(string Method, string Path, Dictionary<string, string> Headers, string Body)> received = [];
    WebApplication server = null!;
    Uri address = null!;
    HttpCaller caller = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        server = builder.Build();
        server.Run(Answer);
        await server.StartAsync();
        address = new(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        caller = new(AllowedTargets.Parse([$"127.0.0.1:{address.Port}"]), HttpCaller.Resolve);
    }

    public async Task DisposeAsync()
    {
        caller.Dispose();
        await server.DisposeAsync();
    }

    async Task Answer(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        received.Add((context.Request.Method, context.Request.Path + context.Request.QueryString,
            context.Request.Headers.ToDictionary(x => x.Key.ToLowerInvariant(), x => x.Value.ToString()), await reader.ReadToEndAsync()));
        switch (context.Request.Path.Value)
        {
            case "/json":
                await context.Response.WriteAsJsonAsync(new { hello = "world" });
                break;
            case "/redirect":
                context.Response.Redirect("/json");
                break;
            case "/outside":
                context.Response.Redirect("http://169.254.169.254/latest/meta-data/");
                break;
            case "/teapot":
                context.Response.StatusCode = 418;
                await context.Response.WriteAsync("short and stout");
                break;
            case "/huge":
                await context.Response.WriteAsync(new string('x', 1_000_000));
                break;
            case "/binary":
                context.Response.ContentType = "application/octet-stream";
                await context.Response.Body.WriteAsync(Enumerable.Range(0, 100_000).Select(x => (byte)(x % 8)).ToArray());
                break;
            case "/cut":
                context.Abort();
                break;
            case "/hang":
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            default:
                await context.Response.WriteAsync("fine");
                break;
        }
    }

    [Fact]
    public async Task Call_Get_SaysWhoAsks()
    {
        var job = DetachedAttempt.Context(
            attempt: 4, on: new() { TraceParent = "00-11111111111111111111111111111111-2222222222222222-01" });
        var reply = Done(await caller.Call(new("get", Url("/?q=1"), new Dictionary<string, string> { ["X-Job-Id"] = "forged", ["Accept"] = "text/plain" }, null, null), job, default));
        Assert.Equal((200, "fine"), (reply.Status, reply.Body));
        var (method, path, headers, body) = received.Single();
        Assert.Equal(("GET", "/?q=1", ""), (method, path, body));
        Assert.Equal((job.JobId, "4", "worker-1", "text/plain"), (headers["x-job-id"], headers["x-job-attempt"], headers["x-worker-id"], headers["accept"]));
        Assert.Equal("00-11111111111111111111111111111111-2222222222222222-01", headers["traceparent"]);
    }

    [Theory]
    [InlineData("""{"a":[1,2]}""", "application/json; charset=utf-8", """{"a":[1,2]}""")]
    [InlineData("\"plain\"", "text/plain; charset=utf-8", "plain")]
    [InlineData("5", "application/json; charset=utf-8", "5")]
    public async Task Call_Post_SendsTheBodyAsItIs(string body, string type, string expected)
    {
        await Call("POST", "/", body: JsonElement.Parse(body));
        Assert.Equal((type, expected), (received.Single().Headers["content-type"], received.Single().Body));
    }

    [Fact]
    public async Task Call_OwnContentType_Wins()
    {
        await Call("PUT", "/", headers: new() { ["Content-Type"] = "application/xml" }, body: JsonElement.Parse("\"<a/>\""));
        Assert.Equal("application/xml", received.Single().Headers["content-type"]);
    }

    [Fact]
    public async Task Call_JsonAnswer_IsJson()
    {
        var reply = Done(await Call("GET", "/json"));
        Assert.Equal("world", ((JsonElement)reply.Body!).GetProperty("hello").GetString());
        Assert.StartsWith("application/json", reply.Headers["content-type"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_UnexpectedStatus_FailsAndMayTryAgain()
    {
        var failed = Assert.IsType<JobOutcome.Failed>(await Call("GET", "/teapot"));
        Assert.Equal(("unexpected_status", true), (failed.ErrorType, failed.Retryable));
        Assert.EndsWith("/teapot answered 418, expected 200 to 299: short and stout", failed.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_ExpectedStatus_IsTheOnlyGoodOne()
    {
        Assert.Equal(418, Done(await Call("GET", "/teapot", expected: 418)).Status);
        Assert.IsType<JobOutcome.Failed>(await Call("GET", "/json", expected: 418));
    }

    [Theory]
    [InlineData("/redirect")]
    [InlineData("/outside")]
    public async Task Call_Redirect_IsNotFollowed(string path)
    {
        var failed = Assert.IsType<JobOutcome.Failed>(await Call("GET", path));
        Assert.Contains("answered 302", failed.Reason, StringComparison.Ordinal);
        Assert.Single(received);
    }

    [Theory]
    [InlineData("/huge")]
    [InlineData("/binary")]
    public async Task Call_HugeAnswer_IsCutToFitAResult(string path)
    {
        var outcome = await Call("GET", path);
        Assert.True(Done(outcome).Truncated);
        Assert.Equal(Contracts.AttemptStep.Completed,
            Reporting.FinalReport.FromOutcome(
                new(Guid.CreateVersion7(), 1), outcome, JobStopReason.None, null, TimeSpan.FromSeconds(1), DateTimeOffset.UnixEpoch).Step);
    }

    [Fact]
    public async Task Call_ConnectionCut_FailsOnceAndMayTryAgain()
    {
        await Call("GET", "/");
        var failed = Assert.IsType<JobOutcome.Failed>(await Call("POST", "/cut"));
        Assert.Equal(("request_failed", true), (failed.ErrorType, failed.Retryable));
        Assert.Equal(2, received.Count);
    }

    [Fact]
    public async Task Call_Cancelled_GivesUp()
    {
        using var stop = new CancellationTokenSource();
        var call = caller.Call(
            new("GET", Url("/hang"), new Dictionary<string, string>(), null, null), DetachedAttempt.Context(), stop.Token);
        await Support.Eventually.Holds(() => received.Count == 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Call_NoListener_FailsAndIsRetryable()
    {
        await server.StopAsync();
        var failed = Assert.IsType<JobOutcome.Failed>(await Call("GET", "/"));
        Assert.Equal(("request_failed", true), (failed.ErrorType, failed.Retryable));
    }

    [Fact]
    public async Task Call_AllowedAddressOnAnotherPort_IsRefused()
    {
        var failed = Assert.IsType<JobOutcome.Failed>(await caller.Call(new("GET", $"http://127.0.0.1:{address.Port ^ 1}/", new Dictionary<string, string>(), null, null), DetachedAttempt.Context(), default));
        Assert.Equal("request_refused", failed.ErrorType);
    }

    string Url(string path) => new Uri(address, path).ToString();

    Task<JobOutcome> Call(string method, string path, Dictionary<string, string>? headers = null, JsonElement? body = null, int? expected = null) =>
        caller.Call(new(method, Url(path), headers ?? [], body, expected), DetachedAttempt.Context(), default);

    static HttpReply Done(JobOutcome outcome) => Assert.IsType<HttpReply>(Assert.IsType<JobOutcome.Completed>(outcome).Result);
}
