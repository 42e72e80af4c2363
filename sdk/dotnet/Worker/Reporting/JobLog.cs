using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.Contracts;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Reporting;

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

    /// <summary>Adds a line. Returns true if it is the first unsent one.</summary>
    /// <param name="at">When it was written.</param>
    /// <param name="level">Its level.</param>
    /// <param name="message">Its text.</param>
    /// <param name="fields">Structured values, from <see cref="LogFields"/>.</param>
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
                (level, fields, closed) = (LogLevel.Warning, null, true);
                message = $"Log truncated: at most {MaxLines} lines and {MaxCharacters / 1024} KiB of an attempt are kept";
            }
            lines++;
            characters += size;
            (unsent ??= []).Add(new() { At = at, Level = NameOf(level), Message = message, Line = lines, Fields = fields });
            return unsent.Count == 1;
        }
    }

    public List<AttemptLogLine>? TakeLines()
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

    static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "information",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
