using System.Globalization;
using System.Runtime.InteropServices;
using JobSystem.Support;

namespace JobSystem.Journeys.Systems;

static class Signals
{
    public static void Send(int process, SignalNumber signal)
    {
        if (!TrySend(process, signal))
        {
            throw new InvalidOperationException($"process {process} could not be sent {signal}");
        }
    }

    /// <returns>False when there is no such process any more.</returns>
    public static bool TrySend(int process, SignalNumber signal) => Kill(process, (int)signal) == 0;

    /// <summary>A dead process whose parent has not looked yet does not count.</summary>
    public static bool Exists(int process)
    {
        var stat = $"/proc/{process}/stat";
        try
        {
            // "PID (name) STATE ...", where the name may contain anything
            var text = File.ReadAllText(stat);
            return text[text.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Those that its main thread has started.</summary>
    public static IReadOnlyList<int> Children(int process) =>
        [.. File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(child => int.Parse(child, CultureInfo.InvariantCulture))];

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    static extern int Kill(int process, int signal);
}
