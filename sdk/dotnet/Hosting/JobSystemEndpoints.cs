using JobSystem.Hosting.Embedding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Hosting;

/// <summary>Serves API and dashboard.</summary>
public static class JobSystemEndpoints
{
    const string Rest = "/{**rest}";

    /// <summary>
    /// Serves the API (<c>/jobs/api/v1</c>), the dashboard (<c>/jobs/ui</c>) and the description of the API (<c>/jobs/docs</c>). A caller has an API key, as
    /// everywhere. A system elsewhere is redirected to. With <c>RequireAuthorization</c>, whom the application lets in needs no key:
    /// <see cref="JobSystemHostOptions.Permissions"/> says what a user may do. Callers without a user of the application, such as workers elsewhere, need
    /// another path then, which is mapped without.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="path">Where. Default: <c>/jobs</c>.</param>
    /// <exception cref="InvalidOperationException"><see cref="JobSystemServices.AddJobSystem"/> was not called.</exception>
    public static IEndpointConventionBuilder MapJobSystem(this IEndpointRouteBuilder endpoints, string path = "/jobs")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (path is not ['/', _, ..] || path.EndsWith('/') || path.Contains('{', StringComparison.Ordinal))
        {
            throw new ArgumentException($"expected a path such as /jobs; got '{path}'", nameof(path));
        }
        if (endpoints.ServiceProvider.GetService<RemoteSystem>() is { } remote)
        {
            return endpoints.Map(path + Rest, (HttpContext http, string? rest) =>
                TypedResults.Redirect($"{remote.Url}/{rest}{http.Request.QueryString}", permanent: false, preserveMethod: true)).ExcludeFromDescription();
        }
        var system = endpoints.ServiceProvider.GetService<EmbeddedSystem>()
            ?? throw new InvalidOperationException("MapJobSystem needs builder.AddJobSystem() before the application is built.");
        return endpoints.Map(path + Rest, http => system.Process(http, PathBase(http))).ExcludeFromDescription();
    }

    /// <summary>With the prefixes of the groups that it is mapped in.</summary>
    static PathString PathBase(HttpContext http)
    {
        var pattern = ((RouteEndpoint)http.GetEndpoint()!).RoutePattern.RawText!;
        return new PathString("/" + pattern[..^Rest.Length].TrimStart('/'));
    }
}
