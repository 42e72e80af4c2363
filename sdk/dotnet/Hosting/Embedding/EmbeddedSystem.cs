using System.Diagnostics;
using JobSystem.Client;
using JobSystem.Hosting.OneProcess;
using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.Monitoring.SystemStatus;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Caching;
using JobSystem.Worker.Http;
using JobSystem.Worker.Transport;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Hosting.Embedding;

/// <summary>The system in a container of its own. It starts before and stops after all services of the application that may need it.</summary>
sealed partial class EmbeddedSystem(
    IServiceProvider services, IOptions<JobSystemHostOptions> options, IHostEnvironment environment, IConfiguration configuration, ILoggerFactory loggers,
    TimeProvider time)
    : IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>Settings that mean the application, or could. It exports telemetry itself, and tokens for its users are signed here.</summary>
    static readonly Dictionary<string, string?> notShared = new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "",
        ["Logging:LogLevel:Default"] = nameof(LogLevel.Warning),
        [JwtSettings.AuthoritySetting] = "",
        [JwtSettings.SigningKeySetting] = "",
        [JwtSettings.IssuerSetting] = "",
        [JwtSettings.AudienceSetting] = "",
    };

    static readonly TimeSpan longestConnect = TimeSpan.FromSeconds(10);
    static readonly TimeSpan tokenLife = TimeSpan.FromHours(12);
    readonly BoundedCache<string, (string Token, DateTimeOffset Until)> tokens = new(1000);
    readonly ILogger logger = loggers.CreateLogger<EmbeddedSystem>();
    DataFolder? folder;
    WebApplication? app;
    JwtSettings? jwt;

    EmbeddedServer? Server => (EmbeddedServer?)app?.Services.GetRequiredService<IServer>();

    /// <summary>Its own container.</summary>
    /// <exception cref="InvalidOperationException">It has not started, or has been disposed.</exception>
    public IServiceProvider Container => app?.Services ?? throw new InvalidOperationException("JobSystem does not run.");

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        folder = OpenFolder();
        app = Build(folder);
        await app.StartAsync(cancellationToken);
        LogStarted(folder.Describe());
    }

    /// <summary>From now on jobs of the application's own tasks are accepted.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var worker = (HttpTransport)services.GetRequiredService<IWorkerTransport>();
        await worker.Connected.WaitAsync(longestConnect, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
        folder?.Dispose();
        (app, folder) = (null, null);
    }

    /// <summary>A client that calls the system without a connection.</summary>
    public JobSystemClient CreateClient(IServiceProvider services, Action<JobSystemClientOptions>? configure = null)
    {
        // The key is not known yet: see Caller
        var client = new JobSystemClientOptions { Url = EmbeddedServer.Address, ApiKey = "of-the-administrator" };
        configure?.Invoke(client);
        return new(client, new Caller(this), services);
    }

    /// <summary>Answers a request of the application.</summary>
    public async Task Process(HttpContext http, PathString pathBase)
    {
        if (Server is not { } server)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        var features = OuterRequest.Features(http, pathBase);
        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = ServiceDefaultsExtensions.MaxRequestBody;
        }
        if (ApplicationUser.Of(http, options.Value, Issue) is { } user)
        {
            features.Set(user);
            features.GetRequiredFeature<IHttpRequestFeature>().Headers.Authorization = $"Bearer {user.Token}";
        }
        await server.Process(features);
    }

    DataFolder OpenFolder()
    {
        var key = options.Value.AdminKey ?? configuration[ApiKeyAuthentication.AdminKeySetting];
        return options.Value.Folder is { } path
            ? DataFolder.Open(new(Path.Combine(environment.ContentRootPath, path)), "UseSqlite(folder)", key)
            : DataFolder.OpenTemporary(key);
    }

    WebApplication Build(DataFolder data)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(EmbeddedSystem).Assembly.GetName().Name,
            ContentRootPath = data.Path,
            EnvironmentName = environment.EnvironmentName,
            Args = [ServiceHost.WithoutReload],
        });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration);
        builder.Configuration.AddInMemoryCollection(notShared);
        builder.AddOneProcess(data, options.Value.Settings);
        var own = builder.Services;
        own.AddSingleton<IServer>(x => new EmbeddedServer(x));
        own.AddSingleton<IHostLifetime, OuterLifetime>();
        // Under names of their own: the application's tracing and metrics are about its own requests
        own.Replace(ServiceDescriptor.Singleton(new DiagnosticListener("JobSystem.AspNetCore")));
        own.Replace(ServiceDescriptor.Singleton(new ActivitySource("JobSystem.AspNetCore")));
        own.AddHttpClient(JobSystemApi.ClientName).ConfigurePrimaryHttpMessageHandler(() => Server!.CreateHandler());
        own.AddHttpClient(CanonicalReader.Client).ConfigurePrimaryHttpMessageHandler(() => Server!.CreateHandler());
        own.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApplicationUserHandler>(ApplicationUserHandler.SchemeName, null);
        own.PostConfigure<CookieAuthenticationOptions>(DashboardCookie.Scheme, x => x.ForwardDefaultSelector = SchemeOf);
        builder.Logging.ClearProviders().AddProvider(new OuterLogs(loggers))
            // It says so of each request that came without a connection
            .AddFilter("Microsoft.AspNetCore.Routing.EndpointRoutingMiddleware", LogLevel.Error);
        options.Value.ConfigureSystem?.Invoke(own);
        jwt = JwtSettings.From(builder.Configuration);
        var built = builder.Build();
        built.Use((http, next) =>
        {
            if (http.Features.Get<IHttpMetricsTagsFeature>() is { } tags)
            {
                tags.MetricsDisabled = true;
            }
            return next(http);
        });
        built.MapOneProcess();
        return built;
    }

    /// <summary>Signing in and out is about the cookie.</summary>
    static string? SchemeOf(HttpContext http) => http.Features.Get<ApplicationUser>() is null ? null
        : http.Request.Path.Value is DashboardCookie.SignInPath or DashboardCookie.SignOutPath ? null
        : ApplicationUserHandler.SchemeName;

    string Issue(string owner, IReadOnlyList<string> permissions)
    {
        var (name, now) = ($"{owner}\n{string.Join(' ', permissions)}", time.GetUtcNow());
        if (tokens.TryGet(name, out var kept) && kept.Until > now)
        {
            return kept.Token;
        }
        var token = TokenIssuer.Issue(jwt!, owner, permissions, 2 * tokenLife, now);
        tokens.Set(name, (token, now + tokenLife));
        return token;
    }

    [LoggerMessage(6501, LogLevel.Information, "JobSystem runs in this process, with its data in {Data}")]
    partial void LogStarted(string data);

    /// <summary>The application starts and stops it, and hears signals.</summary>
    sealed class OuterLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Calls as the administrator.</summary>
    sealed class Caller(EmbeddedSystem system) : HttpMessageHandler
    {
        readonly Lock sync = new();
        HttpMessageInvoker? invoker;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Remove(ApiKeyAuthentication.ApiKeyHeader);
            request.Headers.Add(ApiKeyAuthentication.ApiKeyHeader, system.folder?.AdminKey);
            return Invoker().SendAsync(request, cancellationToken);
        }

        HttpMessageInvoker Invoker()
        {
            lock (sync)
            {
                return invoker ??= new(system.Server?.CreateHandler() ?? throw new InvalidOperationException(
                    "JobSystem has not started yet. It starts with the application: enqueue jobs from then on."));
            }
        }

        protected override void Dispose(bool disposing)
        {
            invoker?.Dispose();
            base.Dispose(disposing);
        }
    }
}
