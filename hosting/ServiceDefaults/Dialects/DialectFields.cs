using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace JobSystem.ServiceDefaults.Dialects;

/// <summary>Writes the canonical value, or adds an error.</summary>
public delegate void Translate(JsonElement theirs, Utf8JsonWriter ours, FieldErrors errors);

/// <summary>One member of a request: its name in the dialect and on the canonical surface.</summary>
/// <param name="Value">Converts the value; null if it is copied unchanged.</param>
public sealed record DialectField(string Theirs, string Ours, Translate? Value = null);

/// <summary>The members of a request type. Unknown members are refused.</summary>
public sealed class DialectFields(params DialectField[] fields)
{
    readonly string[] passedOver = [];

    DialectFields(DialectField[] fields, string[] passedOver) : this(fields) => this.passedOver = passedOver;

    string Expected => string.Join(", ", fields.Select(x => x.Theirs).Concat(passedOver));

    /// <summary>A copy that ignores members which the dialect reads itself.</summary>
    public DialectFields Beside(params string[] names) => new(fields, names);

    /// <summary>The canonical body; null if validation failed.</summary>
    /// <param name="more">Writes members that the dialect implies.</param>
    public byte[]? Rewrite(JsonElement body, FieldErrors errors, Action<Utf8JsonWriter>? more = null, string prefix = "")
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Expected(prefix.Length == 0 ? "body" : prefix.TrimEnd('.'), "a JSON object", body);
            return null;
        }
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonText.Writer))
        {
            json.WriteStartObject();
            Write(body, json, errors, prefix);
            more?.Invoke(json);
            json.WriteEndObject();
        }
        return errors.Any ? null : buffer.WrittenSpan.ToArray();
    }

    void Write(JsonElement body, Utf8JsonWriter json, FieldErrors errors, string prefix)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in body.EnumerateObject())
        {
            var name = member.TryName(out var text) ? text : "?";
            if (Array.IndexOf(passedOver, name) >= 0)
            {
                continue;
            }
            if (Array.Find(fields, x => x.Theirs == name) is not { } field)
            {
                errors.Add(prefix + (name.Length <= 64 ? name : name[..64]), $"unknown member; expected {Expected}");
            }
            else if (!seen.Add(name))
            {
                errors.Add(prefix + name, "expected once; got more than once");
            }
            else if (field.Value is null || member.Value.ValueKind == JsonValueKind.Null)
            {
                json.WritePropertyName(field.Ours);
                json.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
            }
            else
            {
                json.WritePropertyName(field.Ours);
                field.Value(member.Value, json, errors);
            }
            if (errors.Full)
            {
                return;
            }
        }
    }

    /// <summary>The canonical query; unknown parameters are refused.</summary>
    public QueryString Rewrite(IQueryCollection query, FieldErrors errors, Func<string, string, string>? value = null)
    {
        var ours = new QueryBuilder();
        foreach (var (name, values) in query)
        {
            if (Array.Find(fields, x => x.Theirs == name) is not { } field)
            {
                errors.Add(name.Length <= 64 ? name : name[..64], $"unknown parameter; expected {Expected}");
                continue;
            }
            foreach (var text in values)
            {
                ours.Add(field.Ours, value is null ? text ?? "" : value(name, text ?? ""));
            }
        }
        return ours.ToQueryString();
    }

    /// <summary>The dialect's name for a canonical field, also within a path such as <c>args[2]</c>.</summary>
    public string Theirs(string ours)
    {
        var end = ours.IndexOfAny(['.', '[']);
        var (head, rest) = end < 0 ? (ours, "") : (ours[..end], ours[end..]);
        return (Array.Find(fields, x => x.Ours == head)?.Theirs ?? head) + rest;
    }
}
