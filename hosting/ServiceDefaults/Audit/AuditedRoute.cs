using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Audit metadata of a route that changes something.</summary>
/// <param name="Parameter">The part of the path that names the object; null when none does.</param>
public sealed record AuditedRoute(string Surface, string? ObjectType, string? Parameter);

/// <summary>The canonical endpoint that a route of another surface stands for.</summary>
sealed record TranslatedRoute(string Name);

/// <summary>Metadata of routes that are called too often for individual audit entries.</summary>
sealed class TalliedRoute;

public static class AuditedRoutes
{
    static readonly Dictionary<string, string> types = new()
    {
        ["jobs"] = "job",
        ["queues"] = "queue",
        ["workers"] = "worker",
        ["worker-sessions"] = "worker",
        ["runners"] = "worker",
        ["schedules"] = "schedule",
        ["api-keys"] = "api_key",
    };

    /// <summary>Audits all routes of the group that change something, whether carried out or refused.</summary>
    public static RouteGroupBuilder Audited(this RouteGroupBuilder routes, string surface = AuditSurface.Api)
    {
        ((IEndpointConventionBuilder)routes).Add(endpoint =>
        {
            if (endpoint.Metadata.OfType<IHttpMethodMetadata>().Any(x => x.HttpMethods.Any(IsChange)))
            {
                var pattern = ((RouteEndpointBuilder)endpoint).RoutePattern;
                endpoint.Metadata.Add(new AuditedRoute(
                    surface, ObjectType(pattern), pattern.Parameters.Count > 0 ? pattern.Parameters[0].Name : null));
                endpoint.FilterFactories.Add((_, next) => AuditFilter.Around(next, isTranslation: surface != AuditSurface.Api));
            }
        });
        return routes;
    }

    /// <summary>Requests that are refused before the canonical endpoint is called are audited under its name.</summary>
    public static TBuilder Translates<TBuilder>(this TBuilder route, string name) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new TranslatedRoute(name));

    /// <summary>Combines calls of the same kind into one entry; see <see cref="AuditTally"/>.</summary>
    public static TBuilder Tallied<TBuilder>(this TBuilder route) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new TalliedRoute());

    static bool IsChange(string method) =>
        HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method) || HttpMethods.IsDelete(method);

    static string? ObjectType(RoutePattern pattern) => pattern.PathSegments
        .Select(x => x.Parts is [RoutePatternLiteralPart literal] ? types.GetValueOrDefault(literal.Content) : null)
        .LastOrDefault(x => x is not null);
}
