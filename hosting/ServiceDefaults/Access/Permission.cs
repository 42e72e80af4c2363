using System.Security.Claims;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>What a caller may do beyond its own jobs and schedules.</summary>
[Flags]
public enum Permission
{
    None = 0,

    /// <summary>View everything.</summary>
    ViewJobs = 1,

    /// <summary>Manage all jobs, queues, schedules and workers.</summary>
    ManageJobs = 2 | ViewJobs,

    /// <summary>Run jobs of all owners as a worker over HTTP.</summary>
    RunJobs = 8,

    /// <summary>Manage API keys, and perform irreversible operations.</summary>
    Admin = 4 | ManageJobs | RunJobs,
}

/// <summary>Names of permissions in tokens, keys and responses.</summary>
public static class Permissions
{
    public const string Claim = "permissions";

    public static readonly IReadOnlyList<string> Words = ["view_jobs", "manage_jobs", "run_jobs", "admin"];

    // Asked for with each request of an issued key
    static readonly string[][] names = [.. Enumerable.Range(0, (int)Permission.Admin + 1).Select(x => FewestNames((Permission)x))];

    public static bool Includes(this Permission granted, Permission need) => (granted & need) == need;

    /// <summary>Unknown permissions are ignored: tokens may contain permissions of other systems.</summary>
    public static Permission Parse(ReadOnlySpan<char> word) => word switch
    {
        "view_jobs" => Permission.ViewJobs,
        "manage_jobs" => Permission.ManageJobs,
        "run_jobs" => Permission.RunJobs,
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

    /// <summary>The fewest names that grant this; empty for none.</summary>
    public static IReadOnlyList<string> Names(Permission granted) => names[(int)(granted & Permission.Admin)];

    /// <summary>The name of one permission; null for <see cref="Permission.None"/>.</summary>
    public static string? Word(Permission permission) => Words.FirstOrDefault(x => Parse(x) == permission);

    static string[] FewestNames(Permission granted)
    {
        var held = Words.Where(x => granted.Includes(Parse(x))).ToList();
        return [.. held.Where(x => !held.Exists(other => other != x && Parse(other).Includes(Parse(x))))];
    }
}
