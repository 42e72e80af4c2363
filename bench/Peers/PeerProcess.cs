using System.Diagnostics;
using System.Globalization;

namespace JobSystem.Bench.Peers;

/// <summary>
/// A peer as a process of its own, so that its start is a real one and its runtime warms up from nothing. It says <c>ready</c>, answers
/// each line <c>round JOBS</c> with <c>done SECONDS</c>, and ends with its input.
/// </summary>
public sealed class PeerProcess : IAsyncDisposable
{
    const int KeptLines = 20;
    static readonly TimeSpan patience = TimeSpan.FromMinutes(5);
    static readonly TimeSpan patienceAtEnd = TimeSpan.FromSeconds(30);

    readonly Process process;
    readonly Queue<string> lastLines = new();

    PeerProcess(Process process) => this.process = process;

    public static PeerProcess Start(ProgramToRun program)
    {
        var start = new ProcessStartInfo(program.File, program.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = program.Folder,
        };
        foreach (var (key, value) in program.Environment)
        {
            start.Environment[key] = value;
        }
        var peer = new PeerProcess(Process.Start(start)!);
        peer.process.ErrorDataReceived += (_, line) => peer.Keep(line.Data);
        peer.process.BeginErrorReadLine();
        return peer;
    }

    public async Task Ready(CancellationToken ct) => await Answer("ready", ct);

    public async Task<TimeSpan> Round(int jobs, CancellationToken ct)
    {
        await process.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"round {jobs}"));
        await process.StandardInput.FlushAsync(ct);
        var seconds = await Answer("done ", ct);
        return TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
    }

    /// <summary>The next line that the process writes.</summary>
    public async Task<string> ReadLine(CancellationToken ct)
    {
        var line = await process.StandardOutput.ReadLineAsync(ct).AsTask().WaitAsync(patience, ct);
        if (line is null)
        {
            // then its error output has arrived as well
            await process.WaitForExitAsync(ct).WaitAsync(patienceAtEnd, ct);
            throw new InvalidOperationException("it ended by itself: " + LastLines());
        }
        return line;
    }

    /// <summary>Asks it to end and kills it if it does not; only this process and its children.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(patienceAtEnd);
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            await Kill();
        }
        process.Dispose();
    }

    public async Task Kill()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    /// <summary>What follows the expected word; other lines are the peer's own messages.</summary>
    async Task<string> Answer(string expected, CancellationToken ct)
    {
        while (true)
        {
            var line = await ReadLine(ct);
            if (line.StartsWith(expected, StringComparison.Ordinal))
            {
                return line[expected.Length..];
            }
            Keep(line);
        }
    }

    void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (lastLines)
        {
            lastLines.Enqueue(line);
            if (lastLines.Count > KeptLines)
            {
                lastLines.Dequeue();
            }
        }
    }

    string LastLines()
    {
        lock (lastLines)
        {
            return lastLines.Count == 0 ? "it wrote nothing" : string.Join(" | ", lastLines);
        }
    }
}

/// <summary>A program with its arguments. Addresses with passwords go into the environment, which only its owner can read.</summary>
public sealed record ProgramToRun(string File, string[] Arguments)
{
    public Dictionary<string, string> Environment { get; init; } = [];
    public string Folder { get; init; } = AppContext.BaseDirectory;
}
