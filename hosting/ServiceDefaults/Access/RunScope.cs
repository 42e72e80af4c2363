using System.Security.Claims;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>The jobs that a worker may run with its credential.</summary>
/// <param name="Queues">Names of queues; empty for all.</param>
/// <param name="Tasks">Names of tasks; empty for all.</param>
public sealed record RunScope(IReadOnlyList<string> Queues, IReadOnlyList<string> Tasks)
{
    const string QueueClaim = "run_queue";
    const string TaskClaim = "run_task";

    public static RunScope All { get; } = new([], []);

    public bool IncludesQueue(string name) => Queues.Count == 0 || Queues.Contains(name);

    public bool IncludesTask(string name) => Tasks.Count == 0 || Tasks.Contains(name);

    /// <summary>The scope of a caller.</summary>
    public static RunScope Of(ClaimsPrincipal user) => new([.. Values(user, QueueClaim)], [.. Values(user, TaskClaim)]);

    /// <summary>Adds the scope to a caller.</summary>
    public void AddTo(ClaimsPrincipal user)
    {
        var claims = Queues.Select(x => new Claim(QueueClaim, x)).Concat(Tasks.Select(x => new Claim(TaskClaim, x)));
        ((ClaimsIdentity)user.Identity!).AddClaims(claims);
    }

    static IEnumerable<string> Values(ClaimsPrincipal user, string claim) => user.FindAll(claim).Select(x => x.Value);
}
