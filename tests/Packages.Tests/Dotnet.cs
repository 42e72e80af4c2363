using System.Collections;
using System.Diagnostics;

namespace JobSystem.Packages.Tests;

/// <summary>Runs programs as somebody at a prompt would: nothing of the build that runs the tests is inherited.</summary>
static class Dotnet
{
    static readonly TimeSpan patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs <c>dotnet</c> to its end and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has its output.</exception>
    public static async Task<string> Run(string folder, params string[] arguments)
    {
        var ended = await Try(folder, new Dictionary<string, string>(), ["dotnet", .. arguments]);
        return ended.ExitCode == 0 ? ended.Output : throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)}: exit code {ended.ExitCode}\n{ended.Output}");
    }

    /// <summary>Runs a program to its end, however it ends.</summary>
    public static async Task<Ended> Try(string folder, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        using var process = Start(folder, environment, command);
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end within {patience}:\n{string.Concat(await output)}");
        }
        return new(process.ExitCode, string.Concat(await output));
    }

    public static Process Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command.AsSpan(1))
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var name in Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(x => (string)x.Key).Where(IsOfThisRun))
        {
            start.Environment.Remove(name);
        }
        // No build server stays behind to hold the folder
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start");
        process.StandardInput.Close();
        return process;
    }

    static bool IsOfThisRun(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.Ordinal)
        || name.StartsWith("JOBSYSTEM_", StringComparison.Ordinal) || name == "BROKER";
}

/// <summary>How a program ended, and all that it printed.</summary>
sealed record Ended(int ExitCode, string Output);
