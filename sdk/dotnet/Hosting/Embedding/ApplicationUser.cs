using System.Security.Claims;
using System.Text.Encodings.Web;
using JobSystem.Monitoring.Dashboard.SignIn;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Hosting.Embedding;

/// <summary>A user whom the application has let in.</summary>
/// <param name="Owner">Whom jobs of the user belong to.</param>
/// <param name="Permissions">What else the user may do.</param>
/// <param name="Token">With which the user calls the API.</param>
sealed record ApplicationUser(string Owner, IReadOnlyList<string> Permissions, string Token)
{
    /// <summary>
    /// Null if the request has a credential of its own, the endpoint is open to all, or a page of another site has sent it: an application's cookie may come
    /// along with that.
    /// </summary>
    public static ApplicationUser? Of(HttpContext http, JobSystemHostOptions options, Func<string, IReadOnlyList<string>, string> issue)
    {
        if (!AsksWhoComes(http.GetEndpoint()!.Metadata) || http.User.Identity?.IsAuthenticated != true
            || http.Request.Headers.ContainsKey(ApiKeyAuthentication.ApiKeyHeader) || !IsWantedByUser(http.Request))
        {
            return null;
        }
        var owner = http.User.Identity.Name ?? http.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? http.User.FindFirstValue("sub");
        return CallerScope.IsOwner(owner) && options.Permissions(http.User) is { } permissions ? new(owner!, permissions, issue(owner!, permissions)) : null;
    }

    static bool AsksWhoComes(EndpointMetadataCollection metadata) => metadata.GetMetadata<IAllowAnonymous>() is null
        && (metadata.GetMetadata<IAuthorizeData>() is not null || metadata.GetMetadata<AuthorizationPolicy>() is not null);

    public override string ToString() => Owner;

    /// <summary>
    /// A link on another site may lead here, but nothing else of another site may act or read for the user. Not every browser says where a request comes from.
    /// </summary>
    static bool IsWantedByUser(HttpRequest request) => request.Headers["Sec-Fetch-Site"].ToString() switch
    {
        "same-origin" or "none" => true,
        "" => IsOwnOrigin(request.Headers.Origin.ToString(), request.Host),
        _ => HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate",
    };

    static bool IsOwnOrigin(string origin, HostString host) =>
        origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var url) && url.Authority == host.Value);
}

/// <summary>Lets a user of the application see the pages without signing in.</summary>
sealed class ApplicationUserHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "ApplicationUser";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Features.Get<ApplicationUser>() is not { } user)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, user.Owner), new(Credential.Claim, user.Token)], SchemeName);
        identity.AddClaims(user.Permissions.Select(x => new Claim(Permissions.Claim, x)));
        return Task.FromResult(AuthenticateResult.Success(new(new ClaimsPrincipal(identity), SchemeName)));
    }
}
