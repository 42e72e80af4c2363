using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Executor.Tasks;

/// <summary>
/// The result of <c>http_request</c>. A body with a JSON content type is kept as JSON; a body that is too long is truncated.
/// </summary>
sealed record HttpReply(int Status, IReadOnlyDictionary<string, string> Headers, object? Body)
{
    const int MaxBody = 128 * 1024;
    const int MaxWritten = 192 * 1024;
    const int MaxExcerpt = 200;

    /// <summary>True if the body was longer than the limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Truncated { get; init; }

    public static async Task<HttpReply> Read(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var headers = response.Headers.Concat(response.Content.Headers).GroupBy(x => x.Key.ToLowerInvariant())
            .ToDictionary(x => x.Key, x => string.Join(", ", x.SelectMany(y => y.Value)));
        var (bytes, more) = await ReadStart(response.Content, cancellationToken);
        var status = (int)response.StatusCode;
        if (!more && IsJson(response) && TryParse(bytes) is { } json)
        {
            return new(status, headers, json);
        }
        var (text, cut) = Shorten(EncodingOf(response).GetString(bytes));
        return new(status, headers, text) { Truncated = more || cut };
    }

    /// <summary>The beginning of the body, for error messages.</summary>
    public string Excerpt() => Body?.ToString() is not { Length: > 0 } text ? ""
        : text.Length <= MaxExcerpt ? $": {text}" : $": {text[..MaxExcerpt]}…";

    static async Task<(byte[] Bytes, bool More)> ReadStart(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxBody + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return (buffer[..Math.Min(length, MaxBody)], length > MaxBody);
    }

    static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType?.ToLowerInvariant() is { } type
        && (type == "application/json" || type.EndsWith("+json", StringComparison.Ordinal));

    static JsonElement? TryParse(byte[] bytes)
    {
        try
        {
            // The maximum depth of arguments
            return JsonElement.Parse(bytes, new() { MaxDepth = 32 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static Encoding EncodingOf(HttpResponseMessage response)
    {
        try
        {
            return response.Content.Headers.ContentType?.CharSet is { Length: > 0 } name
                ? Encoding.GetEncoding(name.Trim('"'))
                : Encoding.UTF8;
        }
        catch (ArgumentException)
        {
            return Encoding.UTF8;
        }
    }

    /// <summary>Shortens text until it fits when written as JSON, where escapes make it longer, binary data several times.</summary>
    static (string Text, bool Cut) Shorten(string text)
    {
        var cut = false;
        while (JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.Length > MaxWritten)
        {
            text = text[..(text.Length * 3 / 4)];
            cut = true;
        }
        return (text, cut);
    }
}
