using JobSystem.Monitoring.Dashboard.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>
/// The cookie of a person who is signed in. It is encrypted and contains the credential; scripts cannot read it, and the API does not accept it.
/// </summary>
static class DashboardCookie
{
    public const string Scheme = "Dashboard";
    public const string SignInPath = $"{DashboardService.Path}/sign-in";
    public const string SignOutPath = $"{DashboardService.Path}/sign-out";
    static readonly TimeSpan life = TimeSpan.FromHours(12);

    public static AuthorizationPolicy Policy { get; } = new AuthorizationPolicyBuilder(Scheme).RequireAuthenticatedUser().Build();

    public static AuthenticationBuilder AddDashboardCookie(this AuthenticationBuilder builder) => builder.AddCookie(Scheme, cookie =>
    {
        cookie.Cookie = new PageCookie("jobsystem_ui");
        cookie.LoginPath = SignInPath;
        cookie.ReturnUrlParameter = "to";
        cookie.ExpireTimeSpan = life;
        cookie.SlidingExpiration = true;
        cookie.Events.OnValidatePrincipal = Validate;
    });

    /// <summary>Runs when a page is loaded: signs out a person whose credential is not valid any more, and reads the permissions anew.</summary>
    static async Task Validate(CookieValidatePrincipalContext context)
    {
        if (Credential.FromUser(context.Principal!) is not { } credential)
        {
            return;
        }
        try
        {
            var check = context.HttpContext.RequestServices.GetRequiredService<CredentialCheck>();
            if (await check.ReadUser(credential, context.HttpContext.RequestAborted) is { } user)
            {
                context.ReplacePrincipal(user);
                return;
            }
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Scheme);
        }
        catch (ApiProblem)
        {
            // The API did not respond; the page shows why
        }
    }
}
