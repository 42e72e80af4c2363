using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>
/// Entity tags of GET responses, so that a client with the current version gets 304 without a body. They are weak, because a response has
/// the same tag compressed and uncompressed.
/// </summary>
public static class EntityTags
{
    public static EntityTagHeaderValue Compute(ReadOnlySpan<byte> content) =>
        new($"\"{Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 12))}\"", isWeak: true);

    /// <summary>Writes the entity tag; true if the client has the current version, so that 304 is sent.</summary>
    internal static bool ClientHas(HttpContext http, ReadOnlySpan<byte> content)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.Response.StatusCode != StatusCodes.Status200OK)
        {
            return false;
        }
        var tag = Compute(content);
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = tag;
        if (http.Response.Headers.CacheControl.Count == 0)
        {
            // Responses are specific to the caller and must not be cached
            http.Response.Headers.CacheControl = "private, no-cache";
        }
        if (http.Request.Headers.IfNoneMatch.Count == 0)
        {
            return false;
        }
        var known = http.Request.GetTypedHeaders().IfNoneMatch;
        if (!known.Any(x => x.Equals(EntityTagHeaderValue.Any) || x.Compare(tag, useStrongComparison: false)))
        {
            return false;
        }
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }
}
