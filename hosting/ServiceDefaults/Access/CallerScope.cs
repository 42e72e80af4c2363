using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>The jobs and schedules that a caller may see and change: its own, and with permissions those of others.</summary>
public sealed record CallerScope(string Owner, Permission Granted)
{
    public const int LongestOwner = 200;
    public const string ExpectedOwner = "a string of 1 to 200 characters without control characters";

    const string CredentialClaim = "credential";

    public bool SeesAll => Granted.Includes(Permission.ViewJobs);
    public bool ManagesAll => Granted.Includes(Permission.ManageJobs);

    /// <summary>The owner to which lists are restricted; null if the caller sees all jobs.</summary>
    public string? OnlyOwner => SeesAll ? null : Owner;

    public bool Sees(string owner) => SeesAll || owner == Owner;

    public bool Changes(string owner) => ManagesAll || owner == Owner;

    public static CallerScope FromRequest(HttpContext http) => new(Caller.NameOf(http), Permissions.GrantedTo(http.User));

    /// <summary>Makes the scope available as a handler parameter.</summary>
    public static ValueTask<CallerScope?> BindAsync(HttpContext http) => ValueTask.FromResult<CallerScope?>(FromRequest(http));

    public static string CredentialOf(ClaimsPrincipal user) => user.FindFirstValue(CredentialClaim) ?? "unknown";

    public static bool IsOwner(string? owner) =>
        !string.IsNullOrWhiteSpace(owner) && owner.Length <= LongestOwner && !owner.Any(char.IsControl);

    /// <summary>The caller of a request.</summary>
    /// <param name="credential">The kind of credential, in words that may be shown.</param>
    public static ClaimsPrincipal Principal(string owner, Permission granted, string scheme, string credential)
    {
        var identity = new ClaimsIdentity(
            [new(ClaimTypes.NameIdentifier, owner), new(ClaimTypes.Name, owner), new(CredentialClaim, credential)], scheme);
        foreach (var name in Permissions.Names(granted))
        {
            identity.AddClaim(new(Permissions.Claim, name));
        }

        return new(identity);
    }
}
