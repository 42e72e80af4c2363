using System.Diagnostics;

namespace JobSystem.Bench.Peers;

/// <summary>Programs of this machine.</summary>
public static class Programs
{
    public static bool Exists(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs a program to its end; if it fails, the error has what it wrote.</summary>
    public static async Task Run(string file, string[] arguments, string folder, CancellationToken ct)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = process.StandardError.ReadToEndAsync(ct);
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        if (process.ExitCode != 0)
        {
            var said = (await output + await errors).Trim();
            throw new InvalidOperationException($"{file} {arguments[0]} ended with {process.ExitCode}: {Line(said)}");
        }
    }

    /// <summary>The end of a text in one line.</summary>
    public static string Line(string text)
    {
        var line = string.Join(' ', text.Split((char[])['\r', '\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 400 ? "… " + line[^400..] : line;
    }
}
