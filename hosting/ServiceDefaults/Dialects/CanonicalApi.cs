using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace JobSystem.ServiceDefaults.Dialects;

/// <summary>
/// The canonical surface as the other surfaces see it: they translate a request, have it answered by the canonical endpoint in this process, and
/// translate the answer. So they have no logic, rights or limits of their own.
/// </summary>
public sealed class CanonicalApi(EndpointDataSource endpoints, IAuthorizationService authorization, IAuthorizationPolicyProvider policies)
{
    readonly ConcurrentDictionary<string, RouteEndpoint> known = new();

    /// <param name="name">Of the endpoint.</param>
    /// <param name="http">The request that is answered: its caller, headers and connection go with the call.</param>
    /// <param name="body">JSON; null for none.</param>
    public async Task<CanonicalAnswer> Call(
        HttpContext http, string name, ReadOnlyMemory<byte>? body = null, QueryString query = default, params (string Name, string Value)[] route)
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
        return CanonicalAnswer.Of(inner.Response, answer);
    }

    RouteEndpoint Find(string name) =>
        endpoints.Endpoints.OfType<RouteEndpoint>().Single(x => x.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == name);

    [SuppressMessage("Reliability", "CA2000", Justification = "a context that no server made has nothing to dispose")]
    static DefaultHttpContext Inner(HttpContext http, RouteEndpoint endpoint, ReadOnlyMemory<byte>? body, QueryString query, MemoryStream answer)
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
        // These are about the bodies of the outer request and its answer
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

    /// <summary>The fields that were refused, if that is the problem.</summary>
    internal FieldProblem? RefusedFields { get; init; }
    public bool Succeeded => Status is >= 200 and < 300;

    internal static CanonicalAnswer Of(HttpResponse response, MemoryStream body) => new()
    {
        Status = response.StatusCode,
        Json = body.Length == 0 ? nothing : JsonElement.Parse(body.GetBuffer().AsSpan(0, (int)body.Length)),
        Location = response.Headers.Location,
        RetryAfter = response.Headers.RetryAfter,
        Cancelled = response.Headers[CancelledHeader],
        RefusedFields = response.HttpContext.Features.Get<FieldProblem>(),
    };
}
