using System.Diagnostics;

namespace JobSystem.Support;

/// <summary>A folder that is removed when it is disposed or when the test process ends, however it ends.</summary>
public sealed class TemporaryFolder : IDisposable
{
    // Servers that live in the folder need a moment to end, and write until they have.
    const string GuardScript = """read -r nothing; for i in 1 2 3 4 5 6; do rm -rf "$1"; sleep 0.5; done""";

    readonly Process _guard;

    TemporaryFolder(string path, Process guard) => (Path, _guard) = (path, guard);

    public string Path { get; }

    /// <summary>Creates a folder that every user may enter, so that servers may run as users of their own.</summary>
    public static TemporaryFolder Create(string prefix)
    {
        var path = Directory.CreateTempSubdirectory($"jobsystem-{prefix}-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
        }

        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])["sh", "-c", GuardScript, "guard", path])
        {
            start.ArgumentList.Add(argument);
        }

        return new(path, Process.Start(start) ?? throw new InvalidOperationException("setsid did not start"));
    }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        _guard.StandardInput.Close();
        _guard.Dispose();
    }
}
