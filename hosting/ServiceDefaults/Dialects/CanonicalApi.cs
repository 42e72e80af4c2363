using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace JobSystem.ServiceDefaults.Dialects;

/// <summary>
/// Calls canonical endpoints in this process. The other surfaces translate a request, call the canonical endpoint, and translate its
/// response, so that they have no logic, permissions or limits of their own.
/// </summary>
public sealed class CanonicalApi(EndpointDataSource endpoints, IAuthorizationService authorization, IAuthorizationPolicyProvider policies)
{
    readonly ConcurrentDictionary<string, RouteEndpoint> known = new();

    /// <param name="name">Name of the endpoint.</param>
    /// <param name="http">The original request; its caller, headers and connection are used for the call.</param>
    /// <param name="body">JSON; null for none.</param>
    public async Task<CanonicalAnswer> Call(
        HttpContext http, string name, ReadOnlyMemory<byte>? body = null, QueryString query = default,
        params (string Name, string Value)[] route)
    {
        var endpoint = known.GetOrAdd(name, Find);
        var answer = new MemoryStream();
        var inner = Inner(http, endpoint, body, query, answer);
        foreach (var (key, value) in route)
        {
            inner.Request.RouteValues[key] = value;
        }
        if (await Allowed(inner, endpoint))
        {
            await endpoint.RequestDelegate!(inner);
        }
        else
        {
            await Refusals.Forbid(inner);
        }
        return CanonicalAnswer.Read(inner.Response, answer);
    }

    RouteEndpoint Find(string name) =>
        endpoints.Endpoints.OfType<RouteEndpoint>().Single(x => x.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == name);

    [SuppressMessage("Reliability", "CA2000", Justification = "a context that no server made has nothing to dispose")]
    static DefaultHttpContext Inner(
        HttpContext http, RouteEndpoint endpoint, ReadOnlyMemory<byte>? body, QueryString query, MemoryStream answer)
    {
        var inner = new DefaultHttpContext
        {
            User = http.User,
            RequestServices = http.RequestServices,
            TraceIdentifier = http.TraceIdentifier,
            RequestAborted = http.RequestAborted,
        };
        inner.Features.Set(http.Features.Get<IHttpConnectionFeature>());
        inner.Features.Set(AuditNote.Inside(http));
        inner.SetEndpoint(endpoint);
        var request = inner.Request;
        (request.Scheme, request.Host, request.Protocol) = (http.Request.Scheme, http.Request.Host, http.Request.Protocol);
        request.Method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
        request.Path = http.Request.Path;
        request.QueryString = query;
        foreach (var (header, value) in http.Request.Headers)
        {
            request.Headers[header] = value;
        }
        request.Headers.ContentLength = body?.Length ?? 0;
        request.Headers.TransferEncoding = default;
        // These describe the bodies of the original request and its response
        request.Headers.ContentEncoding = default;
        request.Headers.IfNoneMatch = default;
        request.ContentType = body is null ? null : "application/json";
        request.Body = body is { } bytes ? new MemoryStream(bytes.ToArray(), writable: false) : Stream.Null;
        inner.Response.Body = answer;
        return inner;
    }

    async Task<bool> Allowed(HttpContext inner, RouteEndpoint endpoint)
    {
        var policy = await AuthorizationPolicy.CombineAsync(
            policies, endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(), endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>())
            ?? await policies.GetFallbackPolicyAsync();
        return policy is null || (await authorization.AuthorizeAsync(inner.User, inner, policy)).Succeeded;
    }
}

/// <summary>Response of the canonical endpoint.</summary>
public sealed class CanonicalAnswer
{
    public const string CancelledHeader = "X-Jobs-Cancelled";
    static readonly JsonElement nothing = JsonElement.Parse("null");

    public required int Status { get; init; }
    public required JsonElement Json { get; init; }
    public string? Location { get; init; }
    public string? RetryAfter { get; init; }

    /// <summary>Number of cancelled jobs, for surfaces that return nothing else.</summary>
    public string? Cancelled { get; init; }
    public bool Succeeded => Status is >= 200 and < 300;

    internal static CanonicalAnswer Read(HttpResponse response, MemoryStream body) => new()
    {
        Status = response.StatusCode,
        Json = body.Length == 0 ? nothing : JsonElement.Parse(body.GetBuffer().AsSpan(0, (int)body.Length)),
        Location = response.Headers.Location,
        RetryAfter = response.Headers.RetryAfter,
        Cancelled = response.Headers[CancelledHeader],
    };
}
