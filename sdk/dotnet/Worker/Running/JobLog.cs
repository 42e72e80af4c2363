using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.Contracts;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>Unsent log lines of one attempt, and its remaining quota.</summary>
sealed class JobLog
{
    const int MaxLines = 1000;
    const int MaxCharacters = 256 * 1024;
    const int MaxLine = 16 * 1024;

    readonly Lock sync = new();
    List<AttemptLogLine>? unsent;
    int lines;
    int characters;
    bool closed;

    /// <summary>True if this is the first unsent line.</summary>
    /// <param name="fields">From <see cref="LogFields"/>.</param>
    public bool Add(DateTimeOffset at, LogLevel level, string message, JsonElement? fields = null)
    {
        message = UserCodeText.Shorten(message, MaxLine, "… (line truncated)");
        lock (sync)
        {
            if (closed)
            {
                return false;
            }
            var size = message.Length + (fields is { } json ? JsonMarshal.GetRawUtf8Value(json).Length : 0);
            if (lines == MaxLines - 1 || characters + size > MaxCharacters)
            {
                (level, message, fields, closed) =
                    (LogLevel.Warning, $"Log truncated: at most {MaxLines} lines and {MaxCharacters / 1024} KiB of an attempt are kept", null, true);
            }
            lines++;
            characters += size;
            (unsent ??= []).Add(new() { At = at, Level = WordFor(level), Message = message, Line = lines, Fields = fields });
            return unsent.Count == 1;
        }
    }

    public List<AttemptLogLine>? Take()
    {
        lock (sync)
        {
            var taken = unsent;
            unsent = null;
            return taken;
        }
    }

    /// <summary>Restores lines whose report could not be sent.</summary>
    public void PutBack(IEnumerable<AttemptLogLine> taken)
    {
        lock (sync)
        {
            unsent = [.. taken, .. unsent ?? []];
        }
    }

    /// <summary>Ignores all further lines.</summary>
    public void Close()
    {
        lock (sync)
        {
            closed = true;
        }
    }

    static string WordFor(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
