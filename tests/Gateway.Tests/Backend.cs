using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace JobSystem.Gateway.Tests;

/// <summary>A real server behind the gateway that answers everything with its name and notes what it got.</summary>
sealed class Backend : IAsyncDisposable
{
    readonly WebApplication app;

    Backend(WebApplication app, string name) => (this.app, Name) = (app, name);

    public string Name { get; }

    public string Url => app.Urls.First();

    public HttpStatusCode Readiness { get; set; } = HttpStatusCode.OK;

    /// <summary>What it does with a request; by default it answers 200 with its name.</summary>
    public Func<HttpContext, Task>? Behaviour { get; set; }

    public ConcurrentQueue<Arrival> Arrivals { get; } = [];

    public static async Task<Backend> Start(string name, string url = "http://127.0.0.1:0")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url).ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var app = builder.Build();
        var backend = new Backend(app, name);
        app.Run(backend.Handle);
        await app.StartAsync();
        return backend;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    async Task Handle(HttpContext context)
    {
        if (context.Request.Path == "/health/ready")
        {
            context.Response.StatusCode = (int)Readiness;
            return;
        }

        Arrivals.Enqueue(new(
            context.Request.Method, context.Request.Path,
                context.Request.Headers.ToDictionary(
                    header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        if (Behaviour is not null)
        {
            await Behaviour(context);
            return;
        }

        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        await context.Request.Body.CopyToAsync(Stream.Null);
        await context.Response.WriteAsync(Name);
    }

    internal sealed record Arrival(string Method, string Path, IReadOnlyDictionary<string, string> Headers);
}
