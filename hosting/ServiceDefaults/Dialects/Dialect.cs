using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Dialects;

/// <summary>Helpers for the other surfaces.</summary>
public static class Dialect
{
    /// <summary>The translated response, or an error with the dialect's field names.</summary>
    public static IResult Translate(this CanonicalAnswer answer, Action<Utf8JsonWriter, JsonElement> write, int? status = null, DialectFields? fields = null) =>
        answer.Succeeded ? new WrittenAnswer(json => write(json, answer.Json), status ?? answer.Status) : Refuse(answer, fields);

    /// <summary>The canonical error with the dialect's field names.</summary>
    public static IResult Refuse(CanonicalAnswer answer, DialectFields? fields = null) => new Refusal(answer, fields);

    /// <summary>Reads the body of a dialect's call and converts it to the canonical body.</summary>
    public static async Task<(byte[]? Body, IResult? Problem)> ReadBody(
        this DialectFields fields, HttpRequest request, int maxBytes, string failed, Action<Utf8JsonWriter>? more = null)
    {
        var (body, problem) = await JsonBody.Read(request, maxBytes, failed, request.HttpContext.RequestAborted);
        if (body is null)
        {
            return (null, problem);
        }
        using (body)
        {
            var errors = new FieldErrors();
            var rewritten = fields.Rewrite(body.Root, errors, more);
            return rewritten is null ? (null, errors.ToProblem(failed)) : (rewritten, null);
        }
    }

    /// <summary>A member with a different name; null if absent.</summary>
    public static void Copy(this Utf8JsonWriter json, string theirs, JsonElement from, string ours)
    {
        json.WritePropertyName(theirs);
        json.Copy(from.ValueKind == JsonValueKind.Object && from.TryGetProperty(ours, out var value) ? value : default);
    }

    public static void Copy(this Utf8JsonWriter json, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
        }
    }

    public static string? Text(this JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.TryText(out var text) ? text : null;

    /// <summary>A string that is converted to lower case for the canonical surface.</summary>
    public static void Lower(JsonElement theirs, Utf8JsonWriter ours, FieldErrors errors)
    {
        if (theirs.ValueKind == JsonValueKind.String && theirs.TryText(out var text))
        {
            ours.WriteStringValue(text.ToLowerInvariant());
        }
        else
        {
            ours.Copy(theirs);
        }
    }

    public static void WriteUpper(this Utf8JsonWriter json, string theirs, JsonElement from, string ours) => json.WriteString(theirs, from.Text(ours)?.ToUpperInvariant());

    internal sealed class Refusal(CanonicalAnswer answer, DialectFields? fields) : IResult, IStatusCodeHttpResult
    {
        public int? StatusCode => answer.Status;
        public string? Code => answer.Json.Text("code");

        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = answer.Status;
            response.ContentType = "application/problem+json";
            if (answer.RetryAfter is { } seconds)
            {
                response.Headers.RetryAfter = seconds;
            }
            await using (var json = new Utf8JsonWriter(response.BodyWriter, JsonText.Writer))
            {
                Write(json);
            }
            await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
        }

        void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            foreach (var member in answer.Json.EnumerateObject())
            {
                switch (member.Name)
                {
                    case "detail" when fields is not null && answer.RefusedFields is { } refused: json.WriteString("detail"u8, refused.Describe(fields.Theirs)); break;
                    case "errors" when fields is not null: WriteErrors(json, member.Value); break;
                    default: member.WriteTo(json); break;
                }
            }
            json.WriteEndObject();
        }

        void WriteErrors(Utf8JsonWriter json, JsonElement errors)
        {
            json.WriteStartObject("errors"u8);
            foreach (var error in errors.EnumerateObject())
            {
                json.WritePropertyName(fields!.Theirs(error.Name));
                json.Copy(error.Value);
            }
            json.WriteEndObject();
        }
    }
}
