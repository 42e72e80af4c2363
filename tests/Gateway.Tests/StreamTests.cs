using System.Net;
using Microsoft.AspNetCore.Http;

namespace JobSystem.Gateway.Tests;

/// <summary>Server-sent events pass as they are written, and outlive the patience for ordinary calls.</summary>
public sealed class StreamTests
{
    [Theory]
    [InlineData("/api/v1/jobs/some-job/stream")]
    [InlineData("/api/v1/events/stream?queue_name=mails")]
    public async Task Stream_EachEvent_ArrivesAtOnce_AndSilenceIsNoTimeout(string path)
    {
        var goOn = new SemaphoreSlim(0);
        await using var backend = await Backend.Start("one");
        backend.Behaviour = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var n = 1; n <= 3; n++)
            {
                await context.Response.WriteAsync($"id: {n}\n\n");
                await context.Response.Body.FlushAsync();
                await goOn.WaitAsync(context.RequestAborted);
            }
        };
        await using var gateway = await TestGateway.Start([backend.Url], timeoutSeconds: 0.5);
        await gateway.IsReady();
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Last-Event-ID", "abc-7" } } };
        using var answer = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal("abc-7", Assert.Single(backend.Arrivals).Headers["Last-Event-ID"]);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        for (var n = 1; n <= 3; n++)
        {
            // The next one is not written before this one has been read
            Assert.Equal($"id: {n}", await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal("", await lines.ReadLineAsync());
            await Task.Delay(1500);
            goOn.Release();
        }
        Assert.Null(await lines.ReadLineAsync());
    }

    [Fact]
    public async Task Stream_ClientLeaves_TheServiceHearsOfIt()
    {
        var left = new TaskCompletionSource();
        await using var backend = await Backend.Start("one");
        backend.Behaviour = async context =>
        {
            await context.Response.WriteAsync(": begin\n\n");
            await context.Response.Body.FlushAsync();
            using var aborted = context.RequestAborted.Register(() => left.SetResult());
            await left.Task.WaitAsync(TimeSpan.FromSeconds(20));
        };
        await using var gateway = await TestGateway.Start(backend);
        await gateway.IsReady();
        using (await gateway.Http.GetAsync(new Uri("/api/v1/events/stream", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead))
        {
        }
        await left.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
