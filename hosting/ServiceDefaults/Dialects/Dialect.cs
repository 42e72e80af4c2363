using System.Runtime.InteropServices;
using System.Text.Json;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Dialects;

/// <summary>Translates requests and responses between a dialect and the canonical surface.</summary>
public static class Dialect
{
    /// <summary>The translated response, or the problem with the dialect's field names.</summary>
    public static IResult Translate<T>(this CanonicalAnswer<T> answer, Action<Utf8JsonWriter, T> write, int? status = null, DialectFields? fields = null)
        where T : class => answer.Succeeded ? new WrittenAnswer(json => write(json, answer.Record!), status ?? answer.Status) : Refuse(answer, fields);

    /// <summary>A response that says nothing of the canonical one but that the call succeeded.</summary>
    public static IResult Translate(this CanonicalAnswer answer, Action<Utf8JsonWriter> write, int? status = null) =>
        answer.Succeeded ? new WrittenAnswer(write, status ?? answer.Status) : Refuse(answer);

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

    /// <summary>A time in UTC; null if there is none.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        json.WriteString(name, time is { } at ? Rfc3339.Format(at) : null);

    public static void WriteNumber(this Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteTexts(this Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }
        json.WriteEndArray();
    }

    /// <param name="text">JSON.</param>
    public static void WriteRaw(this Utf8JsonWriter json, string name, string text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(text, skipInputValidation: true);
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

    internal sealed class Refusal(CanonicalAnswer answer, DialectFields? fields) : IResult, ICodedResult
    {
        public int? StatusCode => answer.Status;
        public string? Code => answer.Problem.Text("code");

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
            if (answer.Problem.ValueKind == JsonValueKind.Object)
            {
                foreach (var member in answer.Problem.EnumerateObject())
                {
                    Write(json, member);
                }
            }
            json.WriteEndObject();
        }

        void Write(Utf8JsonWriter json, JsonProperty member)
        {
            switch (member.Name)
            {
                case "detail" when fields is not null && answer.RefusedFields is { } refused:
                    json.WriteString("detail"u8, refused.Describe(fields.Theirs));
                    break;
                case "errors" when fields is not null:
                    WriteErrors(json, member.Value);
                    break;
                default:
                    member.WriteTo(json);
                    break;
            }
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
