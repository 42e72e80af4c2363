using Microsoft.AspNetCore.Authentication;
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
    });
}
