using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>The authenticated caller of a request.</summary>
public static class Caller
{
    public static string NameOf(HttpContext http) => NameOf(http.User);

    public static string NameOf(ClaimsPrincipal user) =>
        user.FindFirstValue(ClaimTypes.NameIdentifier) ?? user.Identity?.Name
            ?? throw new InvalidOperationException("an authenticated caller has a name");
}
