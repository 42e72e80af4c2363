using System.Diagnostics;

namespace JobSystem.Journeys.Systems;

/// <summary>
/// The folder of a stack, and its end: a shell in a session of its own takes the stack down and removes the folder as soon as the
/// test process lets go, however that happens.
/// </summary>
sealed class StackFolder
{
    const string GuardScript = """read -r nothing; "$1" down --now --data "$2" >/dev/null 2>&1; rm -rf "$(readlink -f "$2/postgres")" "$2" """;

    readonly Process _guard;

    StackFolder(string path, Process guard) => (Path, _guard) = (path, guard);

    public string Path { get; }

    /// <summary>Every user may enter it: PostgreSQL runs as one of its own.</summary>
    public static StackFolder Create()
    {
        var path = Directory.CreateTempSubdirectory("jobsystem-stack-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])["sh", "-c", GuardScript, "guard", Repository.Script("stack.sh"), path])
        {
            start.ArgumentList.Add(argument);
        }
        return new(path, Process.Start(start) ?? throw new InvalidOperationException("setsid did not start"));
    }

    public async Task Remove()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
    }
}
