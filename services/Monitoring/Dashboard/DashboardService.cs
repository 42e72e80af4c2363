using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.Monitoring.Dashboard.Live;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.AspNetCore.DataProtection;
using MudBlazor.Services;

namespace JobSystem.Monitoring.Dashboard;

/// <summary>The pages below <c>/ui</c>. They read and change everything through the HTTP API, with the signed-in person's credential.</summary>
static class DashboardService
{
    public const string Path = "/ui";
    const string DataSetting = "JOBSYSTEM_DATA";

    /// <summary>To which the addresses in pages are relative: the system may be below a path of an application.</summary>
    public static string BaseAddress(HttpContext? http) => $"{http?.Request.PathBase}{Path}/";

    public static void AddDashboard(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices();
        services.AddCascadingAuthenticationState();
        services.AddAuthentication().AddDashboardCookie();
        services.AddAntiforgery(antiforgery =>
            (antiforgery.Cookie, antiforgery.SuppressXFrameOptionsHeader) = (new PageCookie("jobsystem_ui_form"), true));
        services.AddSingleton<SignInAttempts>();
        services.AddHttpClient(JobSystemApi.ClientName)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
        services.AddScoped<CredentialCheck>();
        services.AddScoped<JobSystemApi>();
        services.AddSingleton<CoalescedReads>();
        services.AddDuty<LiveEvents>();
        // Without the folder, a restart of the process signs everybody out
        if (builder.Configuration.Optional(DataSetting) is { } folder)
        {
            var keys = new DirectoryInfo(System.IO.Path.Combine(folder, "dashboard-keys"));
            services.AddDataProtection().SetApplicationName("JobSystem.Dashboard").PersistKeysToFileSystem(keys);
        }
    }

    public static void MapDashboard(this IEndpointRouteBuilder app)
    {
        if (app is IApplicationBuilder pipeline)
        {
            pipeline.UseWhen(http => http.Request.Path.StartsWithSegments(Path, StringComparison.Ordinal), ui => ui.Use(SecurityHeaders.Add));
            pipeline.UseAntiforgery();
        }
        app.MapIcon();
        var ui = app.MapGroup(Path).ExcludeFromDescription();
        ui.MapDashboardAssets();
        ui.MapSignIn();
        ui.MapRazorComponents<App>()
            .AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = "'none'")
            .RequireAuthorization(DashboardCookie.Policy);
    }
}
