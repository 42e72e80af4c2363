using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.Extensions.Primitives;

namespace JobSystem.Gateway.Requests;

/// <summary>Refuses too large requests, and removes headers with which callers could forge their address.</summary>
sealed class RequestHygiene(RequestDelegate next)
{
    static readonly string[] Forgeable =
    [
        "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "Via", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
        "X-Original-URL", "X-Original-Host", "X-Original-For", "X-Rewrite-URL", "Proxy-Authorization",
    ];

    public Task InvokeAsync(HttpContext context)
    {
        var limit = context.GetRouteModel().Config.MaxRequestBodySize;
        if (context.Request.ContentLength > limit)
        {
            return Problems.Create(StatusCodes.Status413PayloadTooLarge, "payload_too_large",
                $"The body has {context.Request.ContentLength} bytes; this address accepts {limit}.")
                .ExecuteAsync(context);
        }

        HeadRequests.RestoreMethod(context);
        Clean(context);
        return next(context);
    }

    static void Clean(HttpContext context)
    {
        var address = CallerAddress.Read(context) ?? "unknown";
        var headers = context.Request.Headers;
        RemoveNamedByConnection(headers);
        foreach (var name in Forgeable)
        {
            headers.Remove(name);
        }

        RemoveForwarded(headers);
        headers["X-Forwarded-For"] = address;
        headers["X-Forwarded-Proto"] = context.Request.Scheme;
        headers["X-Forwarded-Host"] = context.Request.Host.Value;
    }

    static void RemoveForwarded(IHeaderDictionary headers)
    {
        List<string>? found = null;
        foreach (var (name, _) in headers)
        {
            if (name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
            {
                (found ??= []).Add(name);
            }
        }

        found?.ForEach(name => headers.Remove(name));
    }

    // The proxy removes the usual hop-by-hop headers, but not those that the caller's Connection header names. Names beside keep-alive are
    // invisible here, because Kestrel shortens such a header; headers that pass that way cannot forge anything.
    static void RemoveNamedByConnection(IHeaderDictionary headers)
    {
        var connection = headers.Connection;
        if (StringValues.IsNullOrEmpty(connection))
        {
            return;
        }

        const StringSplitOptions names = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (var name in connection.SelectMany(value => value!.Split(',', names)).ToArray())
        {
            if (!name.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) && !name.Equals("close", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("Upgrade", StringComparison.OrdinalIgnoreCase))
            {
                headers.Remove(name);
            }
        }
    }
}
