using System.Diagnostics;

namespace JobSystem.Journeys.Systems;

/// <summary>Runs a program to its end.</summary>
static class Shell
{
    public static async Task<Ended> Run(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null, string? folder = null, TimeSpan? within = null)
    {
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Repository.Root,
        };
        foreach (var argument in command.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start");
        process.StandardInput.Close();
        return await Finish(process, command, within ?? TimeSpan.FromMinutes(2));
    }

    static async Task<Ended> Finish(Process process, IReadOnlyList<string> command, TimeSpan within)
    {
        // What a script leaves running may keep the pipes open, so the end of the program counts and not that of its output.
        var output = new Transcript();
        process.OutputDataReceived += (_, line) => output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var deadline = new CancellationTokenSource(within);
        try
        {
            while (!process.HasExited)
            {
                await Task.Delay(20, deadline.Token);
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{string.Join(' ', command)} did not end within {within}:{Environment.NewLine}{output}");
        }
        await Drain(process);
        return new Ended(string.Join(' ', command), process.ExitCode, output.ToString());
    }

    /// <summary>The last lines may still be on their way.</summary>
    static async Task Drain(Process process)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await process.WaitForExitAsync(patience.Token).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    sealed class Transcript
    {
        readonly Lock _gate = new();
        readonly List<string> _lines = [];

        public void Add(string? line)
        {
            lock (_gate)
            {
                if (line is not null)
                {
                    _lines.Add(line);
                }
            }
        }

        public override string ToString()
        {
            lock (_gate)
            {
                return string.Join(Environment.NewLine, _lines);
            }
        }
    }
}

/// <summary>How a program ended, and all that it printed.</summary>
sealed record Ended(string Command, int ExitCode, string Output)
{
    public Ended Successfully() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"{Command} ended with {ExitCode}:{Environment.NewLine}{Output}");
}
