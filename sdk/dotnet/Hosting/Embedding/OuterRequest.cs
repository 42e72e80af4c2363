using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace JobSystem.Hosting.Embedding;

/// <summary>A request of the application as the system sees it: below its path, and without what the application has found out about it.</summary>
sealed class OuterRequest(IHttpRequestFeature request, string pathBase, string path) : IHttpRequestFeature
{
    /// <summary>
    /// What belongs to the connection and the response. What belongs to the application, such as its endpoint, user and container, stays there.
    /// </summary>
    static readonly Type[] shared =
    [
        typeof(IHttpResponseFeature), typeof(IHttpResponseBodyFeature), typeof(IHttpResponseTrailersFeature), typeof(IHttpRequestBodyDetectionFeature),
        typeof(IHttpRequestLifetimeFeature), typeof(IHttpRequestIdentifierFeature), typeof(IHttpConnectionFeature), typeof(IHttpMaxRequestBodySizeFeature),
        typeof(IHttpBodyControlFeature), typeof(IHttpUpgradeFeature),
        typeof(IHttpWebSocketFeature), typeof(IHttpExtendedConnectFeature), typeof(IHttpResetFeature), typeof(ITlsConnectionFeature),
        typeof(IPersistentStateFeature),
    ];

    /// <param name="pathBase">The path of the application's below which the system is.</param>
    public static FeatureCollection Features(HttpContext http, PathString pathBase)
    {
        var features = new FeatureCollection();
        foreach (var type in shared)
        {
            if (http.Features[type] is { } feature)
            {
                features[type] = feature;
            }
        }
        http.Request.Path.StartsWithSegments(pathBase, StringComparison.OrdinalIgnoreCase, out var rest);
        var below = rest.HasValue ? rest.Value! : "/";
        // As it was mapped, however it is spelt in the request
        var request = http.Features.GetRequiredFeature<IHttpRequestFeature>();
        features.Set<IHttpRequestFeature>(new OuterRequest(request, http.Request.PathBase.Add(pathBase).Value!, below));
        return features;
    }

    public string PathBase { get; set; } = pathBase;

    public string Path { get; set; } = path;

    public string Protocol { get => request.Protocol; set => request.Protocol = value; }

    public string Scheme { get => request.Scheme; set => request.Scheme = value; }

    public string Method { get; set; } = request.Method;

    public string QueryString { get => request.QueryString; set => request.QueryString = value; }

    public string RawTarget { get => request.RawTarget; set => request.RawTarget = value; }

    /// <summary>A copy, because the system adds the credential of the application's user.</summary>
    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary(request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase));

    public Stream Body { get => request.Body; set => request.Body = value; }
}
