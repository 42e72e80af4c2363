using System.Buffers;
using System.Text;
using System.Text.Json;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Model;

/// <summary>A worker of a broadcast, and its child job.</summary>
public sealed record BroadcastChild(Guid JobId, string WorkerId, string WorkerName);

/// <summary>The result of a broadcast: the list of its children, with their results once they have ended.</summary>
static class BroadcastResult
{
    /// <summary>Maximum size of all children's results together; further results are omitted.</summary>
    const int MaxResults = 256 * 1024;

    public static string Write(IReadOnlyList<BroadcastChild> children) => Write(json =>
    {
        foreach (var child in children)
        {
            json.WriteStartObject();
            WriteChild(json, child);
            json.WriteEndObject();
        }
    });

    /// <param name="ended">The children's rows; one that is missing was never made, or has been deleted.</param>
    public static string Write(IReadOnlyList<BroadcastChild> children, IReadOnlyDictionary<Guid, JobState> ended)
    {
        var room = MaxResults;
        return Write(json =>
        {
            foreach (var child in children)
            {
                var row = ended.GetValueOrDefault(child.JobId);
                var fits = row?.Result is null || Encoding.UTF8.GetByteCount(row.Result) <= room;
                room -= fits && row?.Result is not null ? Encoding.UTF8.GetByteCount(row.Result) : 0;
                json.WriteStartObject();
                WriteChild(json, child);
                json.WriteString("status"u8, row?.CurrentState);
                WriteText(json, "result", fits ? row?.Result : null);
                if (!fits)
                {
                    json.WriteBoolean("result_omitted"u8, true);
                }
                WriteText(json, "error", row?.Error);
                json.WriteEndObject();
            }
        });
    }

    public static IReadOnlyList<BroadcastChild> Read(string? result)
    {
        if (result is null)
        {
            return [];
        }
        using var document = JsonDocument.Parse(result);
        return [.. document.RootElement.GetProperty("children"u8).EnumerateArray().Select(x =>
            new BroadcastChild(x.GetProperty("job_id"u8).GetGuid(), x.GetProperty("worker_id"u8).GetString()!, x.GetProperty("worker_name"u8).GetString()!))];
    }

    /// <summary>Null when all completed.</summary>
    public static string? Failure(IReadOnlyList<BroadcastChild> children, IReadOnlyDictionary<Guid, JobState> ended)
    {
        var others = children.Where(x => ended.GetValueOrDefault(x.JobId)?.CurrentState != JobStatus.Completed).ToList();
        var some = string.Join(", ", others.Take(5).Select(x => $"{x.WorkerName} {ended.GetValueOrDefault(x.JobId)?.CurrentState ?? "without a job"}"));
        return others.Count == 0 ? null : $"{others.Count} of {children.Count} workers did not complete it: {some}{(others.Count > 5 ? ", …" : "")}";
    }

    static void WriteChild(Utf8JsonWriter json, BroadcastChild child)
    {
        json.WriteString("job_id"u8, child.JobId);
        json.WriteString("worker_id"u8, child.WorkerId);
        json.WriteString("worker_name"u8, child.WorkerName);
    }

    static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text ?? "null", skipInputValidation: true);
    }

    static string Write(Action<Utf8JsonWriter> children)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("children"u8);
            children(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
