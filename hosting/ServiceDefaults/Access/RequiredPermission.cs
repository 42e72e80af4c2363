using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>
/// Permission that a route requires, declared in the route table. <see cref="Permission.None"/>: any authenticated caller.
/// </summary>
public sealed record RequiredPermission(Permission Permission);

public static class RequiredPermissionExtensions
{
    static readonly Dictionary<Permission, AuthorizationPolicy> Policies = Enum.GetValues<Permission>().ToDictionary(x => x, Policy);

    /// <summary>Policy of routes without a declaration: refuses all callers.</summary>
    internal static AuthorizationPolicy Undeclared { get; } = new AuthorizationPolicyBuilder()
        .RequireAuthenticatedUser()
        // Requests without a route get 404 or 405 without authorization
        .RequireAssertion(context => context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint)
        .Build();

    public static TBuilder RequirePermission<TBuilder>(this TBuilder endpoints, Permission permission)
        where TBuilder : IEndpointConventionBuilder =>
        endpoints.WithMetadata(new RequiredPermission(permission)).RequireAuthorization(Policies[permission]);

    /// <summary>Requires any authenticated caller.</summary>
    public static TBuilder RequireCaller<TBuilder>(this TBuilder endpoints) where TBuilder : IEndpointConventionBuilder =>
        endpoints.RequirePermission(Permission.None);

    static AuthorizationPolicy Policy(Permission permission)
    {
        var policy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser();
        return permission == Permission.None
            ? policy.Build()
            : policy.RequireAssertion(context => Permissions.GrantedTo(context.User).Includes(permission)).Build();
    }
}
