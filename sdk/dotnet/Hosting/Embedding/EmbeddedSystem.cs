using System.Diagnostics;
using JobSystem.Client;
using JobSystem.Hosting.OneProcess;
using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.Monitoring.SystemStatus;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Caching;
using JobSystem.Worker.Binding;
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
        // The application has looked at its requests' hosts; calls within the process have none of its own
        ["AllowedHosts"] = "*",
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
    SystemData? data;
    WebApplication? app;
    JwtSettings? jwt;
    Task<InProcessServer>? starting;
    Task? accepting;

    /// <summary>Its own container.</summary>
    /// <exception cref="InvalidOperationException">It has not started, or has been disposed.</exception>
    public IServiceProvider Container => app?.Services ?? throw new InvalidOperationException("JobSystem does not run.");

    /// <summary>Beside the rest of the application, which does not wait for it. Who calls the system does.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        data = OpenData();
        starting = Task.Run(() => Start(data, cancellationToken), cancellationToken);
        accepting = Task.Run(async () =>
        {
            await starting;
            await WorkerConnected(cancellationToken);
        }, cancellationToken);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The application has not started without it; here it fails if the system does.</summary>
    public Task StartedAsync(CancellationToken cancellationToken) => accepting!;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // The application may end because something else of it could not start
        await ((Task?)starting ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (app is not null)
        {
            await app.DisposeAsync();
        }
        data?.Dispose();
        (app, data) = (null, null);
    }

    /// <summary>The application's client, which calls the system without a connection.</summary>
    public JobSystemClient CreateClient() => AdministratorHandler.CreateClient(ct => Connect(isWorkers: false, ct), services);

    /// <summary>The client of the application's worker, which decides itself when to repeat a call.</summary>
    public JobSystemClient CreateWorkerClient() => AdministratorHandler.CreateClient(ct => Connect(isWorkers: true, ct), services, TimeSpan.Zero);

    async ValueTask<(InProcessServer Server, string Key)> Connect(bool isWorkers, CancellationToken cancellationToken)
    {
        if (starting is null || accepting is null)
        {
            throw new InvalidOperationException("JobSystem has not started yet. It starts with the application: enqueue jobs from then on.");
        }
        if (!isWorkers)
        {
            await accepting.WaitAsync(cancellationToken);
            await WorkerConnected(cancellationToken);
        }
        return (await starting.WaitAsync(cancellationToken), data!.AdminKey);
    }

    /// <summary>Until then the application's own tasks may be unknown, if it has any. It takes longer only while the database is away.</summary>
    async Task WorkerConnected(CancellationToken cancellationToken)
    {
        var worker = (HttpTransport)services.GetRequiredService<IWorkerTransport>();
        if (!worker.Connected.IsCompleted && !worker.IsRefused && services.GetRequiredService<TaskCatalog>().Announcements.Count > 0)
        {
            await worker.Connected.WaitAsync(longestConnect, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task<InProcessServer> Start(SystemData from, CancellationToken cancellationToken)
    {
        app = Build(from);
        await app.StartAsync(cancellationToken);
        LogStarted(from.Describe());
        return (InProcessServer)app.Services.GetRequiredService<IServer>();
    }

    /// <summary>Answers a request of the application.</summary>
    public async Task Process(HttpContext http, PathString pathBase)
    {
        if (starting is null || accepting is null)
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }
        await accepting.WaitAsync(http.RequestAborted);
        var server = await starting;
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
        await ((EmbeddedServer)server.Outer).Process(features);
    }

    SystemData OpenData()
    {
        var key = options.Value.AdminKey ?? configuration[ApiKeyAuthentication.AdminKeySetting];
        if (options.Value.Postgres is var (connection, schema))
        {
            return new PostgresData(connection, schema, key);
        }
        return options.Value.Folder is { } path
            ? DataFolder.Open(new(Path.Combine(environment.ContentRootPath, path)), "UseSqlite(folder)", key)
            : DataFolder.OpenTemporary(key);
    }

    WebApplication Build(SystemData from)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(EmbeddedSystem).Assembly.GetName().Name,
            ContentRootPath = from.Folder ?? environment.ContentRootPath,
            EnvironmentName = environment.EnvironmentName,
            Args = [ServiceHost.WithoutReload],
        });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration);
        builder.Configuration.AddInMemoryCollection(notShared);
        builder.AddOneProcess(from, options.Value.Settings);
        var own = builder.Services;
        own.AddSingleton<IServer>(x => new InProcessServer(new EmbeddedServer(), x));
        own.AddSingleton<IHostLifetime, OuterLifetime>();
        // Under names of their own: the application's tracing and metrics are about its own requests
        own.Replace(ServiceDescriptor.Singleton(new DiagnosticListener("JobSystem.AspNetCore")));
        own.Replace(ServiceDescriptor.Singleton(new ActivitySource("JobSystem.AspNetCore")));
        own.AddHttpClient(JobSystemApi.ClientName).ConfigurePrimaryHttpMessageHandler(CreateHandler);
        own.AddHttpClient(CanonicalReader.Client).ConfigurePrimaryHttpMessageHandler(CreateHandler);
        own.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApplicationUserHandler>(ApplicationUserHandler.SchemeName, null);
        own.PostConfigure<CookieAuthenticationOptions>(DashboardCookie.Scheme, x => x.ForwardDefaultSelector = SchemeOf);
        builder.Logging.ClearProviders().AddProvider(new OuterLogs(loggers));
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

    static HttpMessageHandler CreateHandler(IServiceProvider own) => ((InProcessServer)own.GetRequiredService<IServer>()).CreateHandler();

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
}
