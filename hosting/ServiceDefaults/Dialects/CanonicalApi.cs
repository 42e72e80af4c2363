using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace JobSystem.ServiceDefaults.Dialects;

/// <summary>
/// The canonical surface as the other surfaces see it: they translate a request, have it answered by the canonical endpoint in this process, and
/// translate the response, which they get as a record. So they have no logic, rights or limits of their own.
/// </summary>
public sealed class CanonicalApi(EndpointDataSource endpoints, IAuthorizationService authorization, IAuthorizationPolicyProvider policies)
{
    readonly ConcurrentDictionary<string, RouteEndpoint> known = new();

    /// <typeparam name="T">The record of the response.</typeparam>
    /// <param name="operation">Name of the endpoint.</param>
    /// <param name="http">The request that is answered: its caller, headers and connection go with the call.</param>
    /// <param name="body">JSON; null for none.</param>
    public async Task<CanonicalAnswer<T>> Call<T>(
        HttpContext http, string operation, ReadOnlyMemory<byte>? body = null, QueryString query = default, params (string Name, string Value)[] route)
        where T : class
    {
        var (response, problem, record) = await Call(http, operation, body, query, route);
        return new(response, problem, record switch
        {
            null => null,
            T expected => expected,
            _ => throw new InvalidOperationException($"{operation} answers {record.GetType().Name}, not {typeof(T).Name}"),
        });
    }

    /// <summary>A call whose response has no body, or none that matters.</summary>
    public async Task<CanonicalAnswer> Call(HttpContext http, string operation, params (string Name, string Value)[] route)
    {
        var (response, problem, _) = await Call(http, operation, null, default, route);
        return new(response, problem);
    }

    async Task<(HttpResponse Response, MemoryStream Problem, object? Record)> Call(
        HttpContext http, string operation, ReadOnlyMemory<byte>? body, QueryString query, (string Name, string Value)[] route)
    {
        var endpoint = known.GetOrAdd(operation, Find);
        var written = new MemoryStream();
        var call = new InProcessCall { Body = body };
        var inner = Inner(http, endpoint, call, query, written);
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
        return (inner.Response, written, call.Record);
    }

    RouteEndpoint Find(string name) =>
        endpoints.Endpoints.OfType<RouteEndpoint>().Single(x => x.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == name);

    [SuppressMessage("Reliability", "CA2000", Justification = "a context that no server made has nothing to dispose")]
    static DefaultHttpContext Inner(HttpContext http, RouteEndpoint endpoint, InProcessCall call, QueryString query, MemoryStream written)
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
        inner.Features.Set(call);
        inner.SetEndpoint(endpoint);
        var request = inner.Request;
        (request.Scheme, request.Host, request.Protocol) = (http.Request.Scheme, http.Request.Host, http.Request.Protocol);
        request.Method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
        (request.PathBase, request.Path) = (http.Request.PathBase, http.Request.Path);
        request.QueryString = query;
        foreach (var (header, value) in http.Request.Headers)
        {
            request.Headers[header] = value;
        }
        request.Headers.ContentLength = call.Body?.Length ?? 0;
        request.Headers.TransferEncoding = default;
        // These describe the bodies of the outer request and its response
        request.Headers.ContentEncoding = default;
        request.Headers.IfNoneMatch = default;
        request.ContentType = call.Body is null ? null : "application/json";
        request.Body = Stream.Null;
        inner.Response.Body = written;
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
public class CanonicalAnswer
{
    public const string CancelledHeader = "X-Jobs-Cancelled";

    internal CanonicalAnswer(HttpResponse response, MemoryStream written)
    {
        Status = response.StatusCode;
        RetryAfter = response.Headers.RetryAfter;
        Cancelled = response.Headers[CancelledHeader];
        RefusedFields = response.HttpContext.Features.Get<FieldProblem>();
        Problem = Succeeded || written.Length == 0 ? default : JsonElement.Parse(written.GetBuffer().AsSpan(0, (int)written.Length));
    }

    public int Status { get; }

    /// <summary>The problem, if the call did not succeed.</summary>
    public JsonElement Problem { get; }
    public string? RetryAfter { get; }

    /// <summary>Number of cancelled jobs, for surfaces that return nothing else.</summary>
    public string? Cancelled { get; }

    /// <summary>The fields that were refused, if that is the problem.</summary>
    internal FieldProblem? RefusedFields { get; }
    public bool Succeeded => Status is >= 200 and < 300;
}

/// <summary>Response of the canonical endpoint with its record.</summary>
public sealed class CanonicalAnswer<T> : CanonicalAnswer where T : class
{
    internal CanonicalAnswer(HttpResponse response, MemoryStream written, T? record) : base(response, written) => Record = record;

    /// <summary>Null if the call did not succeed, or if the response has no body.</summary>
    public T? Record { get; }
}
