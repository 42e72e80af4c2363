using System.Diagnostics;
using System.Globalization;

namespace JobSystem.Support;

static class Programs
{
    /// <summary>Runs a program to its end; its output is the exception's message when it fails.</summary>
    public static async Task Run(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in command.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start");
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)} failed: {string.Concat(output)}");
        }
    }

    /// <summary>A program of the newest installed PostgreSQL; Debian keeps them off the path.</summary>
    public static string Postgres(string program)
    {
        const string Root = "/usr/lib/postgresql";
        var versions = Directory.Exists(Root) ? Directory.GetDirectories(Root) : [];
        return versions
            .Where(x => File.Exists(Path.Combine(x, "bin", program)))
            .OrderByDescending(x => int.TryParse(Path.GetFileName(x), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(x => Path.Combine(x, "bin", program))
            .FirstOrDefault(program);
    }

    /// <summary>The server script itself: Debian's wrapper on the path insists on the system's own data folder.</summary>
    public static string RabbitServer()
    {
        const string Debian = "/usr/lib/rabbitmq/bin/rabbitmq-server";
        return File.Exists(Debian) ? Debian : "rabbitmq-server";
    }
}
