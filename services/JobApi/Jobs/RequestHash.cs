using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace JobSystem.JobApi.Jobs;

/// <summary>
/// SHA-256 of what a submission asks for: the same for the same content, however its members are ordered and spaced. The
/// idempotency key itself is left out, since it may come in the header or in the body.
/// </summary>
static class RequestHash
{
    public static byte[] Of(JobRequest request)
    {
        var content = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(content))
        {
            json.WriteStartArray();
            json.WriteStringValue(request.TaskName);
            json.WriteStringValue(request.Version);
            json.WriteStringValue(request.QueueName);
            json.WriteNumberValue(request.Priority);
            json.WriteStringValue(request.JobId);
            json.WriteBooleanValue(request.Broadcast);
            json.WriteStringValue(request.Title);
            json.WriteStringValue(request.Description);
            Write(json, request.ScheduledAt);
            Write(json, request.ExpiresAt);
            Write(json, request.Delay);
            Write(json, request.ExpiresIn);
            Write(json, request.MaxRetries);
            Write(json, request.RetryDelay);
            Write(json, request.Timeout);
            foreach (var tag in request.Tags ?? [])
            {
                json.WriteStringValue(tag);
            }
            WriteCompact(json, request.Args);
            WriteCompact(json, request.Kwargs);
            WriteCompact(json, request.Metadata);
            if (request.Parent is { } parent)
            {
                json.WriteStringValue(parent.Id);
            }
            json.WriteEndArray();
        }
        return SHA256.HashData(content.WrittenSpan);
    }

    static void Write(Utf8JsonWriter json, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    static void Write(Utf8JsonWriter json, DateTimeOffset? moment) => json.WriteStringValue(moment is { } at ? Rfc3339.Format(at) : null);

    static void WriteCompact(Utf8JsonWriter json, string? text)
    {
        if (text is null)
        {
            json.WriteNullValue();
            return;
        }
        using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 128 });
        foreach (var piece in Compact(document.RootElement))
        {
            json.WriteStringValue(piece);
        }
    }

    /// <summary>Writes a value with members sorted by name; numbers and strings are not normalized.</summary>
    static IEnumerable<string> Compact(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().OrderBy(x => RawName(x), StringComparer.Ordinal).SelectMany(x => Compact(x.Value).Prepend(RawName(x))).Prepend("{").Append("}"),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Compact).Prepend("[").Append("]"),
        _ => [value.GetRawText()],
    };

    static string RawName(JsonProperty member) => member.TryName(out var name) ? name : "\uFFFD";
}
