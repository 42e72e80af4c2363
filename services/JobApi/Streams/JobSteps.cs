using System.Globalization;
using System.Text.Json;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Streams;

/// <summary>The steps of one job as its row has them, and which of them a client has seen.</summary>
sealed class JobSteps(string? history)
{
    readonly string[] lines = (history ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Position after the step with this id; null when there is none.</summary>
    public int? After(string id)
    {
        for (var i = lines.Length - 1; i >= 0; i--)
        {
            if (lines[i] != JobHistory.TruncatedLine && IdOf(Parse(lines[i])) == id)
            {
                return i + 1;
            }
        }
        return null;
    }

    public bool EndsAt(int position) => position == lines.Length;

    public IEnumerable<JsonElement> From(int position) => lines.Skip(position).Where(x => x != JobHistory.TruncatedLine).Select(Parse);

    public static string WordOf(JsonElement step) => step.GetProperty("event"u8).GetString()!;

    /// <summary>A job takes no step twice at the same microsecond of the same attempt.</summary>
    public static string IdOf(JsonElement step) => string.Create(
        CultureInfo.InvariantCulture,
        $"{UnixTime.Microseconds(step.GetProperty("at"u8).GetDateTimeOffset())}-{step.GetProperty("attempt"u8).GetInt32()}-{WordOf(step)}");

    static JsonElement Parse(string line) => JsonElement.Parse(line);
}
