using JobSystem.Monitoring.Dashboard.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>Who is signed in. The ticket is encrypted and carries the credential; scripts cannot read the cookie, and the API never takes it.</summary>
static class DashboardCookie
{
    public const string Scheme = "Dashboard";
    public const string SignInPath = $"{DashboardService.Path}/sign-in";
    static readonly TimeSpan life = TimeSpan.FromHours(12);

    public static AuthorizationPolicy Policy { get; } = new AuthorizationPolicyBuilder(Scheme).RequireAuthenticatedUser().Build();

    public static AuthenticationBuilder AddDashboardCookie(this AuthenticationBuilder builder) => builder.AddCookie(Scheme, cookie =>
    {
        cookie.Cookie.Name = "jobsystem_ui";
        cookie.Cookie.Path = DashboardService.Path;
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Strict;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.LoginPath = SignInPath;
        cookie.ReturnUrlParameter = "to";
        cookie.ExpireTimeSpan = life;
        cookie.SlidingExpiration = true;
        cookie.Events.OnValidatePrincipal = Validate;
    });

    /// <summary>Whoever signed in with a credential that has ended, or may do other things now, is asked or shown so when a page is loaded.</summary>
    static async Task Validate(CookieValidatePrincipalContext context)
    {
        if (Credential.Of(context.Principal!) is not { } credential)
        {
            return;
        }
        try
        {
            if (await context.HttpContext.RequestServices.GetRequiredService<CredentialCheck>().Ask(credential, context.HttpContext.RequestAborted) is { } user)
            {
                context.ReplacePrincipal(user);
                return;
            }
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Scheme);
        }
        catch (ApiProblem)
        {
            // The API cannot say; the page tells why it has nothing to show
        }
    }
}
