using System.Security.Claims;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>What a caller may do beyond its own jobs and schedules. Each includes those before it.</summary>
[Flags]
public enum Permission
{
    None = 0,

    /// <summary>See everything.</summary>
    ViewJobs = 1,

    /// <summary>Operate everything: jobs, queues, schedules, workers.</summary>
    ManageJobs = 2 | ViewJobs,

    /// <summary>API keys, and what cannot be undone.</summary>
    Admin = 4 | ManageJobs,
}

/// <summary>Permissions as words: in tokens, keys and answers.</summary>
public static class Permissions
{
    public const string Claim = "permissions";

    public static readonly IReadOnlyList<string> Words = ["view_jobs", "manage_jobs", "admin"];

    public static bool Includes(this Permission granted, Permission need) => (granted & need) == need;

    /// <summary>A word that means nothing here grants nothing: tokens may carry the permissions of other systems too.</summary>
    public static Permission Of(ReadOnlySpan<char> word) => word switch
    {
        "view_jobs" => Permission.ViewJobs,
        "manage_jobs" => Permission.ManageJobs,
        "admin" => Permission.Admin,
        _ => Permission.None,
    };

    public static Permission Of(IEnumerable<string> words) => words.Aggregate(Permission.None, (granted, word) => granted | Of(word));

    public static Permission Of(ClaimsPrincipal user)
    {
        var granted = Permission.None;
        foreach (var claim in user.Claims)
        {
            granted |= claim.Type == Claim ? Of(claim.Value) : Permission.None;
        }

        return granted;
    }

    /// <summary>The one word that says it all; null for none.</summary>
    public static string? Word(Permission granted) =>
        granted.Includes(Permission.Admin) ? "admin" : granted.Includes(Permission.ManageJobs) ? "manage_jobs" : granted.Includes(Permission.ViewJobs) ? "view_jobs" : null;
}
