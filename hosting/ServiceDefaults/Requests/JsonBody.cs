using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using JobSystem.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>A request's JSON, parsed without copying. Dispose it after use.</summary>
public sealed class JsonBody : IDisposable
{
    // The limit of the bus library's parser, so that it can read whatever this service accepts. Args and other members have lower limits
    // of their own
    const int ParserDepth = 64;

    /// <summary>Rented; null if the body is a caller's in the same process.</summary>
    readonly byte[]? buffer;
    readonly JsonDocument document;

    JsonBody(byte[]? buffer, JsonDocument document)
    {
        this.buffer = buffer;
        this.document = document;
    }

    public JsonElement Root => document.RootElement;

    /// <summary>The body, or an error response.</summary>
    /// <param name="failed">What failed, for the error message, such as <c>Failed to create job</c>.</param>
    /// <param name="optional">True if the body may be absent; then both results are null.</param>
    public static async Task<(JsonBody? Body, ProblemHttpResult? Problem)> Read(
        HttpRequest request, int maxBytes, string failed, CancellationToken cancellationToken, bool optional = false)
    {
        if (request.HttpContext.Features.Get<InProcessCall>() is { } call)
        {
            return Read(call, maxBytes, failed, optional);
        }
        if (ContentEncodings.Open(request) is not { } content)
        {
            return (null, FieldProblem.Result(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", failed, "content-encoding",
                $"expected {ContentEncodings.Known} or none; got {FieldErrors.Quote(request.Headers.ContentEncoding.ToString())}"));
        }
        byte[] buffer;
        int length;
        try
        {
            (buffer, length) = await Receive(content, request.ContentLength, maxBytes, cancellationToken);
        }
        catch (Exception damaged) when (ContentEncodings.IsDamage(request, damaged))
        {
            var garbled = new FieldErrors();
            garbled.Add("body",
                $"expected {request.Headers.ContentEncoding}, as Content-Encoding says; got something that cannot be decoded so",
                "malformed_json");
            return (null, garbled.ToProblem(failed));
        }
        var absent = optional && length == 0;
        var problem = absent ? null : Refuse(request.ContentType, length, maxBytes, failed);
        var errors = new FieldErrors();
        if (!absent && problem is null && Parse(buffer, length, errors) is { } document)
        {
            return (new(buffer, document), null);
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return (null, absent ? null : problem ?? errors.ToProblem(failed));
    }

    static (JsonBody? Body, ProblemHttpResult? Problem) Read(InProcessCall call, int maxBytes, string failed, bool optional)
    {
        var text = call.Body ?? default;
        if (text.IsEmpty && optional)
        {
            return (null, null);
        }
        if (Refuse("application/json", text.Length, maxBytes, failed) is { } problem)
        {
            return (null, problem);
        }
        var errors = new FieldErrors();
        return Parse(text, errors) is { } document ? (new(null, document), null) : (null, errors.ToProblem(failed));
    }

    static ProblemHttpResult? Refuse(string? contentType, int length, int maxBytes, string failed)
    {
        if (!IsJson(contentType))
        {
            return FieldProblem.Result(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", failed, "content-type",
                $"expected application/json in UTF-8; got {(contentType is null ? "nothing" : FieldErrors.Quote(contentType))}");
        }
        return length <= maxBytes ? null : FieldProblem.Result(StatusCodes.Status413PayloadTooLarge, "payload_too_large", failed, "body",
            $"expected at most {maxBytes} bytes; got more");
    }

    static bool IsJson(string? contentType) =>
        contentType is "application/json"
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Reads the body into contiguous memory; a length above the limit means that the rest was not read.</summary>
    static async Task<(byte[] Buffer, int Length)> Receive(
        PipeReader body, long? announced, int maxBytes, CancellationToken cancellationToken)
    {
        if (announced > maxBytes)
        {
            return (ArrayPool<byte>.Shared.Rent(1), maxBytes + 1);
        }
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (read.IsCompleted || read.Buffer.Length > maxBytes)
            {
                return CopyBody(body, read.Buffer, maxBytes);
            }
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    static (byte[] Buffer, int Length) CopyBody(PipeReader pipe, ReadOnlySequence<byte> body, int maxBytes)
    {
        var length = (int)Math.Min(body.Length, maxBytes + 1L);
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        body.Slice(0, length).CopyTo(buffer);
        pipe.AdvanceTo(body.End);
        return (buffer, length);
    }

    static JsonDocument? Parse(byte[] buffer, int length, FieldErrors errors)
    {
        var text = buffer.AsMemory(0, length);
        if (text.Span.StartsWith(new byte[] { 0xEF, 0xBB, 0xBF }))
        {
            text = text[3..];
        }
        return Parse(text, errors);
    }

    /// <summary>Null if validation failed; see <paramref name="errors"/>.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> text, FieldErrors errors)
    {
        if (text.IsEmpty)
        {
            errors.Expected("body", "a JSON object", "nothing");
            return null;
        }
        if (!Utf8.IsValid(text.Span))
        {
            errors.Add("body", "expected JSON in UTF-8; got bytes that are not UTF-8", "malformed_json");
            return null;
        }
        try
        {
            var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = ParserDepth });
            if (UnpairedSurrogates.FindMember(text.Span) is not { } unpaired)
            {
                return document;
            }
            errors.Expected(unpaired.Member, "valid Unicode", $"{unpaired.Surrogate}, which is half of a surrogate pair");
            document.Dispose();
        }
        catch (JsonException malformed)
        {
            Explain(text.Span, malformed, errors);
        }
        return null;
    }

    static void Explain(ReadOnlySpan<byte> text, JsonException malformed, FieldErrors errors)
    {
        if (NestingLimit.Find(text, ParserDepth) is { } field)
        {
            errors.Add(field, $"nested too deeply; the maximum is {ParserDepth} levels");
            return;
        }
        // The serializer's message ends with a position that is counted from 0
        var sentence = malformed.Message.Split(" LineNumber:")[0].TrimEnd('.');
        var position = $"line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}";
        errors.Add("body", $"expected a JSON object; got malformed JSON at {position}: {sentence}", "malformed_json");
    }

    public void Dispose()
    {
        document.Dispose();
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
