using JobSystem.Monitoring;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class MonitoringRouteTests
{
    [Fact]
    public async Task Endpoints_All_DeclareWhatTheyNeed()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["JOBSYSTEM_ADMIN_KEY"] = TestService.Key });
        builder.AddServiceDefaults();
        builder.AddJobSystemAuthentication();
        builder.AddMonitoring();
        await using var app = builder.Build();
        app.MapServiceDefaults();
        app.MapMonitoring();

        var endpoints = ((IEndpointRouteBuilder)app).DataSources.SelectMany(x => x.Endpoints).OfType<RouteEndpoint>()
            // The pages have a sign-in of their own, and their icon is no secret
            .Where(x => !x.RoutePattern.RawText!.StartsWith("/ui", StringComparison.Ordinal)
                && x.RoutePattern.RawText != "/favicon.ico").ToList();

        Assert.Contains(endpoints, x => x.Metadata.GetMetadata<RequiredPermission>() is not null);
        Assert.All(endpoints, x => Assert.True(
            x.Metadata.GetMetadata<RequiredPermission>() is not null
            || (x.Metadata.GetMetadata<IAllowAnonymous>() is not null && x.RoutePattern.RawText!.StartsWith("/health/", StringComparison.Ordinal)),
            $"{x.RoutePattern.RawText} declares nothing: add .RequireCaller() or .RequirePermission(…) in its route table"));
    }
}
