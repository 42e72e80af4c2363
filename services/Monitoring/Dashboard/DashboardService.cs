using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.Monitoring.Dashboard.Live;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using MudBlazor.Services;

namespace JobSystem.Monitoring.Dashboard;

/// <summary>The pages below <c>/ui</c>. Everything they show and do goes through the HTTP API with the signed-in person's own credential.</summary>
static class DashboardService
{
    public const string Path = "/ui";
    const string DataSetting = "JOBSYSTEM_DATA";

    public static void AddDashboard(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddMudServices();
        services.AddCascadingAuthenticationState();
        services.AddAuthentication().AddDashboardCookie();
        services.AddAntiforgery(antiforgery => (antiforgery.Cookie.Name, antiforgery.Cookie.Path, antiforgery.SuppressXFrameOptionsHeader) = ("jobsystem_ui_form", Path, true));
        services.AddSingleton<SignInAttempts>();
        services.AddHttpClient(JobSystemApi.ClientName).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
        services.AddScoped<CredentialCheck>();
        services.AddScoped(provider => new JobSystemApi(provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<ApiAddress>(), provider.GetRequiredService<CoalescedReads>(), provider.GetRequiredService<AuthenticationStateProvider>(), provider.GetRequiredService<NavigationManager>()));
        services.AddSingleton<CoalescedReads>();
        services.AddDuty<LiveEvents>();
        // Otherwise everybody is signed out when the process starts again
        if (builder.Configuration.Optional(DataSetting) is { } folder)
        {
            services.AddDataProtection().SetApplicationName("JobSystem.Dashboard").PersistKeysToFileSystem(new(System.IO.Path.Combine(folder, "dashboard-keys")));
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
        ui.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = "'none'").RequireAuthorization(DashboardCookie.Policy);
    }
}
