using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace JobSystem.Support;

/// <summary>
/// A server that never outlives the test process, however that ends: a shell in a session of its own holds the other end of a pipe,
/// and ends the server when the pipe closes. (A parent-death signal would not do: it is bound to the thread that started the
/// process, and pool threads come and go.)
/// </summary>
public sealed class WatchedProcess : IAsyncDisposable
{
    const string WatchScript = """
        exec 3<&0
        "$@" </dev/null >>"$WATCH_LOG" 2>&1 3<&- &
        child=$!
        echo $child
        exec >/dev/null 2>&1
        {
            read -r nothing <&3
            kill -"$WATCH_SIGNAL" $child
            for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do kill -0 $child || break; sleep 0.1; done
            kill -9 $child
        } &
        watch=$!
        wait $child
        kill $watch
        """;

    readonly Process _shell;

    WatchedProcess(Process shell, int id) => (_shell, Id) = (shell, id);

    /// <summary>The server's own process id, not the shell's.</summary>
    public int Id { get; }

    public bool HasExited => _shell.HasExited;

    public static async Task<WatchedProcess> Start(WatchedCommand command)
    {
        var start = new ProcessStartInfo("setsid") { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])["sh", "-c", WatchScript, "watch", .. command.Arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in command.Environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["WATCH_LOG"] = command.LogFile;
        start.Environment["WATCH_SIGNAL"] = command.EndSignal;
        var shell = Process.Start(start) ?? throw new InvalidOperationException("setsid did not start");
        var id = await shell.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"{command.Arguments[0]} did not start");
        return new(shell, int.Parse(id, CultureInfo.InvariantCulture));
    }

    public void Send(SignalNumber signal) => _ = Kill(Id, (int)signal);

    public Task Exited(CancellationToken cancellationToken = default) => _shell.WaitForExitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Kill(int process, int signal);
}

/// <param name="Arguments">The program and its arguments.</param>
/// <param name="LogFile">Gets everything that it prints.</param>
/// <param name="EndSignal">Name of the signal that ends it; SIGKILL follows after two seconds.</param>
public sealed record WatchedCommand(IReadOnlyList<string> Arguments, string LogFile, string EndSignal = "KILL")
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}

/// <summary>The numbers that Linux gives the signals used in tests.</summary>
public enum SignalNumber
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}
