using System.Diagnostics;

namespace JobSystem.JobApi.Diagnostics;

/// <summary>Places where crash tests end the process. Inactive unless named in <c>JOBSYSTEM_FAILPOINTS</c> at startup.</summary>
public static class Failpoint
{
    static readonly HashSet<string> armed =
        [.. (Environment.GetEnvironmentVariable("JOBSYSTEM_FAILPOINTS") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    public static void Hit(string name)
    {
        if (armed.Count > 0 && armed.Contains(name))
        {
            Process.GetCurrentProcess().Kill();
        }
    }
}
