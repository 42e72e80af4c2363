using JobSystem.Monitoring.Dashboard.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>The sign-in form, without scripts. Antiforgery refuses forms of other sites.</summary>
static class SignInEndpoints
{
    public static void MapSignIn(this IEndpointRouteBuilder ui)
    {
        ui.MapGet("/sign-in", (string? to) => Page(to, null, StatusCodes.Status200OK)).AllowAnonymous();
        ui.MapPost("/sign-in", SignIn).AllowAnonymous();
        ui.MapPost("/sign-out", SignOut).RequireAuthorization(DashboardCookie.Policy);
    }

    static async Task<IResult> SignIn(
        [FromForm] string? credential, [FromForm] string? to, HttpContext http, SignInAttempts attempts, CredentialCheck check, CancellationToken cancellationToken)
    {
        if (!attempts.MayTry(http))
        {
            http.Response.Headers.RetryAfter = "6";
            return Page(to, "Too many attempts from this address. Wait a few seconds and try again.", StatusCodes.Status429TooManyRequests);
        }
        var typed = credential?.Trim();
        if (!Credential.IsWellFormed(typed))
        {
            return Page(to, $"Enter an API key or a token: at most {Credential.Longest:N0} letters, digits and punctuation without spaces.",
                StatusCodes.Status400BadRequest);
        }
        try
        {
            if (await check.ReadUser(new(typed!), cancellationToken) is not { } user)
            {
                return Page(to, "This API key or token is not valid: unknown, expired or revoked.", StatusCodes.Status401Unauthorized);
            }
            await http.SignInAsync(DashboardCookie.Scheme, user);
            return TypedResults.LocalRedirect(IsDashboardPath(to, http) ? to! : DashboardService.BaseAddress(http));
        }
        catch (ApiProblem problem)
        {
            return Page(to, problem.Message, StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <param name="nothing">A form parameter makes the framework check the antiforgery token.</param>
    static async Task<RedirectHttpResult> SignOut([FromForm] string? nothing, HttpContext http)
    {
        _ = nothing;
        await http.SignOutAsync(DashboardCookie.Scheme);
        return TypedResults.LocalRedirect($"~{DashboardCookie.SignInPath}");
    }

    static bool IsDashboardPath(string? to, HttpContext http) => to is not null
        && to.StartsWith(DashboardService.BaseAddress(http), StringComparison.Ordinal) && !to.Contains('\\') && !to.Contains("//", StringComparison.Ordinal);

    static RazorComponentResult<SignInPage> Page(string? to, string? refusal, int status) =>
        new(new Dictionary<string, object?> { ["To"] = to, ["Refusal"] = refusal }) { StatusCode = status };
}
