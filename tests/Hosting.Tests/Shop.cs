using System.Security.Claims;
using System.Text.Encodings.Web;
using JobSystem.Client;
using JobSystem.Support;
using JobSystem.Worker;
using MassTransit;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Hosting.Tests;

/// <summary>An application with JobSystem inside, its own users, and its own bus.</summary>
sealed class Shop : IAsyncDisposable
{
    public const string Key = "the-key-of-the-shop";

    Shop(WebApplication app, TemporaryFolder? folder)
    {
        (App, Folder, Url) = (app, folder, new Uri(app.Urls.Single()));
        Http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Url };
    }

    public WebApplication App { get; }

    TemporaryFolder? Folder { get; }

    public Uri Url { get; }

    /// <summary>A caller without any credential.</summary>
    public HttpClient Http { get; }

    public IJobs Jobs => App.Services.GetRequiredService<IJobs>();

    public JobSystemClient Client => App.Services.GetRequiredService<JobSystemClient>();

    /// <param name="folder">Where its data is. Default: a temporary folder.</param>
    /// <param name="map">How JobSystem is mapped. Default: at /jobs, open to keys only.</param>
    /// <param name="postgres">A database, which several of them may have in common. Default: none.</param>
    /// <param name="schema">Where its tables are.</param>
    /// <param name="name">Of its worker.</param>
    /// <param name="settings">Of JobSystem. Default: none.</param>
    /// <param name="elsewhere">Address of another system, which it uses instead of its own.</param>
    /// <param name="permissions">What the users of the application may do. Default: everything.</param>
    public static async Task<Shop> Open(
        TemporaryFolder? folder = null, Action<IEndpointRouteBuilder>? map = null, Func<ClaimsPrincipal, IReadOnlyList<string>?>? permissions = null,
        Uri? elsewhere = null, string? postgres = null, string schema = "shop_jobs", string? name = null,
        IReadOnlyDictionary<string, string>? settings = null)
    {
        var builder = WebApplication.CreateBuilder();
        (builder.Configuration["JOBSYSTEM_URL"], builder.Configuration["JOBSYSTEM_API_KEY"]) = (elsewhere?.ToString(), Key);
        // Settings of its own, some of which the system has under the same name
        builder.Configuration["Auth:Jwt:Authority"] = "https://login.example.com";
        builder.Configuration["Auth:Jwt:Audience"] = "shop";
        builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:9";
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<Printer>();
        builder.Services.AddAuthentication("shop").AddScheme<AuthenticationSchemeOptions, ShopUsers>("shop", null);
        builder.Services.AddAuthorization();
        builder.Services.AddMassTransit(bus =>
        {
            bus.AddHandler(async (Ordered order, Printer printer) => await printer.Print($"ordered {order.Id}"));
            bus.UsingInMemory((context, x) => x.ConfigureEndpoints(context));
        });
        builder.AddJobSystem(options =>
        {
            options.AdminKey = Key;
            foreach (var (setting, value) in settings ?? new Dictionary<string, string>())
            {
                options.Settings[setting] = value;
            }
            options.Permissions = permissions ?? options.Permissions;
            if (postgres is not null)
            {
                options.UsePostgres(postgres, schema);
            }
            else if (folder is not null)
            {
                options.UseSqlite(folder.Path);
            }
            else
            {
                options.UseTemporaryFolder();
            }
        })
            .Configure(x => (x.Drain, x.Name) = (TimeSpan.FromSeconds(1), name ?? x.Name))
            .MapTask<MakeInvoice, InvoiceMade>(async (job, run, ct) =>
            {
                ArgumentOutOfRangeException.ThrowIfNegative(job.OrderId);
                await Task.Delay(job.TakesMs, ct);
                return new InvoiceMade($"{job.OrderId}/{run.Attempt}", run.Owner);
            })
            .Use((run, next, _) => run.TaskName == "closed" ? Task.FromResult<JobOutcome>(new JobOutcome.Completed("not today")) : next())
            .MapTask("closed", string () => throw new InvalidOperationException("closed"))
            .MapTask("order", async (int id, TaskContext run, CancellationToken ct) => await run.Enqueue(new MakeInvoice(id), cancellationToken: ct))
            .MapTask("print", async (string text, Printer printer) => await printer.Print(text));
        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        (map ?? (x => x.MapJobSystem()))(app);
        app.MapGet("/", () => "the shop");
        await app.StartAsync();
        return new(app, folder);
    }

    public HttpRequestMessage Request(HttpMethod method, string path, string? key = null, string? user = null, object? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : System.Net.Http.Json.JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }
        if (user is not null)
        {
            request.Headers.Add("Cookie", $"user={user}");
        }
        return request;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }

    /// <summary>Knows its users by a cookie.</summary>
    sealed class ShopUsers(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Request.Cookies["user"] is { Length: > 0 } name
            ? AuthenticateResult.Success(new(new(new ClaimsIdentity([new(ClaimTypes.Name, name)], "shop")), "shop"))
            : AuthenticateResult.NoResult());
    }
}

public sealed record Ordered(int Id);

[Job("make_invoice")]
public sealed record MakeInvoice(int OrderId, int TakesMs = 0) : IJob<InvoiceMade>;

public sealed record InvoiceMade(string Number, string Owner);

/// <summary>A service of the application.</summary>
public sealed class Printer
{
    readonly List<string> printed = [];

    public IReadOnlyList<string> Printed
    {
        get
        {
            lock (printed)
            {
                return [.. printed];
            }
        }
    }

    public Task<string> Print(string text)
    {
        lock (printed)
        {
            printed.Add(text);
        }
        return Task.FromResult(text);
    }
}
