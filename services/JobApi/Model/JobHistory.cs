using System.Buffers;
using System.Text;
using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Model;

/// <summary>
/// The column <c>history</c>: one JSON object per line for each step, without what the row itself says. It is append only; when it
/// outgrows <see cref="MaxLength"/>, the oldest lines after the first make way for a line that says so. Progress is no part of it:
/// see <see cref="ProgressCurve"/>. All of it is ASCII, so that characters are bytes.
/// </summary>
public static class JobHistory
{
    public const int MaxLength = 64 * 1024;

    /// <summary>How much of the newest is kept when it overflows; less than all, so that not every append cuts.</summary>
    public const int KeptLength = 44 * 1024;

    /// <summary>Maximum size of a step's details; larger ones are omitted.</summary>
    public const int MaxDetails = 16 * 1024;

    public const string TruncatedLine = """{"truncated":true}""";

    [ThreadStatic]
    static ArrayBufferWriter<byte>? buffer;

    [ThreadStatic]
    static Utf8JsonWriter? writer;

    /// <summary>The lines of steps, each with a line feed; null for none.</summary>
    /// <param name="version">The row's version with these steps; null when it is not known, then the lines count to the version before them.</param>
    public static string? Lines(IReadOnlyList<JobEvent> steps, int? version)
    {
        if (steps.Count == 0)
        {
            return null;
        }

        buffer ??= new(512);
        buffer.ResetWrittenCount();
        writer ??= new(buffer);
        foreach (var step in steps)
        {
            if (step.Event != ProgressCurve.Step)
            {
                Write(step, version);
            }
        }

        return buffer.WrittenCount == 0 ? null : Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    /// <summary>One line, whatever the step.</summary>
    public static string Line(JobEvent step, int version)
    {
        buffer ??= new(512);
        buffer.ResetWrittenCount();
        writer ??= new(buffer);
        Write(step, version);
        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    /// <summary>Corresponds to <c>||</c> and <c>case</c> in the PostgreSQL statement.</summary>
    public static string? Append(string? history, string? lines)
    {
        var whole = history + lines;
        if (lines is null || history is null || whole.Length <= MaxLength)
        {
            return whole.Length == 0 ? null : whole;
        }

        var first = history[..(history.IndexOf('\n', StringComparison.Ordinal) + 1)];
        var newest = whole[^KeptLength..];
        return $"{first}{TruncatedLine}\n{newest[(newest.IndexOf('\n', StringComparison.Ordinal) + 1)..]}";
    }

    static void Write(JobEvent step, int? version)
    {
        writer!.Reset(buffer!);
        Write(writer, step, version);
        writer.Flush();
        buffer!.Write("\n"u8);
    }

    static void Write(Utf8JsonWriter json, JobEvent step, int? version)
    {
        json.WriteStartObject();
        json.WriteString("event", step.Event);
        json.WriteString("at", UnixTime.WholeMicroseconds(step.At));
        json.WriteNumber("attempt", step.Attempt);
        if (step.WorkerId is not null)
        {
            json.WriteString("worker_id", step.WorkerId);
        }

        if (step.WaitSeconds is { } wait)
        {
            json.WriteNumber("wait_seconds", wait);
        }

        if (step.RunSeconds is { } run)
        {
            json.WriteNumber("run_seconds", run);
        }

        WriteDetails(json, step.Details);
        if (version is { } number)
        {
            json.WriteNumber("version", number);
        }

        json.WriteEndObject();
    }

    static void WriteDetails(Utf8JsonWriter json, JsonElement? details)
    {
        if (details is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value)
        {
            return;
        }

        json.WritePropertyName("details");
        if (value.GetRawText().Length > MaxDetails)
        {
            json.WriteRawValue(TruncatedLine);
        }
        else
        {
            value.WriteTo(json);
        }
    }
}
