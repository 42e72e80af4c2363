using System.Diagnostics;

namespace JobSystem.Worker.Reporting;

/// <summary>Places at which crash tests kill the process. Inactive unless named in <c>JOBSYSTEM_FAILPOINTS</c> at startup.</summary>
static class WorkerFailpoint
{
    static readonly HashSet<string> armed = [.. (Environment.GetEnvironmentVariable("JOBSYSTEM_FAILPOINTS") ?? "")
        .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    public static void Hit(string name)
    {
        if (armed.Count > 0 && armed.Contains(name))
        {
            Process.GetCurrentProcess().Kill();
        }
    }
}
