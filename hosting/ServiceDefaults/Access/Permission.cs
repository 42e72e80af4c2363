using System.Security.Claims;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>What a caller may do beyond its own jobs and schedules. Each permission includes the previous ones.</summary>
[Flags]
public enum Permission
{
    None = 0,

    /// <summary>View everything.</summary>
    ViewJobs = 1,

    /// <summary>Manage all jobs, queues, schedules and workers.</summary>
    ManageJobs = 2 | ViewJobs,

    /// <summary>Manage API keys, and perform irreversible operations.</summary>
    Admin = 4 | ManageJobs,
}

/// <summary>Names of permissions in tokens, keys and responses.</summary>
public static class Permissions
{
    public const string Claim = "permissions";

    public static readonly IReadOnlyList<string> Words = ["view_jobs", "manage_jobs", "admin"];

    public static bool Includes(this Permission granted, Permission need) => (granted & need) == need;

    /// <summary>Unknown permissions are ignored: tokens may contain permissions of other systems.</summary>
    public static Permission Parse(ReadOnlySpan<char> word) => word switch
    {
        "view_jobs" => Permission.ViewJobs,
        "manage_jobs" => Permission.ManageJobs,
        "admin" => Permission.Admin,
        _ => Permission.None,
    };

    public static Permission Parse(IEnumerable<string> words) => words.Aggregate(Permission.None, (granted, word) => granted | Parse(word));

    public static Permission GrantedTo(ClaimsPrincipal user)
    {
        var granted = Permission.None;
        foreach (var claim in user.Claims)
        {
            granted |= claim.Type == Claim ? Parse(claim.Value) : Permission.None;
        }

        return granted;
    }

    /// <summary>The keyword for all; null for none.</summary>
    public static string? Word(Permission granted) =>
        granted.Includes(Permission.Admin) ? "admin"
            : granted.Includes(Permission.ManageJobs) ? "manage_jobs"
            : granted.Includes(Permission.ViewJobs) ? "view_jobs"
            : null;
}
