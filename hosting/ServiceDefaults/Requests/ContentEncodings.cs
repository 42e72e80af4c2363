using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>Compressed request bodies. The limit applies to the decompressed size.</summary>
static class ContentEncodings
{
    public const string Known = "gzip, br, deflate";

    /// <summary>The decompressed body; null if the encoding is not supported.</summary>
    public static PipeReader? Open(HttpRequest request)
    {
#pragma warning disable CA1308 // tokens of HTTP, which are compared without regard to case
        var encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
#pragma warning restore CA1308
        switch (encoding)
        {
            case "" or "identity": return request.BodyReader;
            case "gzip" or "x-gzip": return Decoded(new GZipStream(request.Body, CompressionMode.Decompress));
            case "br": return Decoded(new BrotliStream(request.Body, CompressionMode.Decompress));
            case "deflate": return Decoded(new ZLibStream(request.Body, CompressionMode.Decompress));
            default:
                request.HttpContext.Response.Headers.AcceptEncoding = Known;
                return null;
        }
    }

    public static bool IsDamage(HttpRequest request, Exception exception) =>
        request.Headers.ContentEncoding.Count > 0 && exception is InvalidDataException or InvalidOperationException or EndOfStreamException;

    static PipeReader Decoded(Stream stream) => PipeReader.Create(stream);
}
