using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>
/// Calls by pages of other origins (CORS). None are allowed unless the setting says so. Cookies are not accepted with them: an origin that is allowed still
/// needs a key or token.
/// </summary>
public static class CrossOriginCalls
{
    public const string Setting = "JOBSYSTEM_CORS_ORIGINS";
    const string Any = "*";

    static readonly TimeSpan preflightLife = TimeSpan.FromHours(1);
    static readonly string[] methods = ["GET", "HEAD", "POST", "PUT", "DELETE"];

    static readonly string[] requestHeaders =
    [
        HeaderNames.Accept, HeaderNames.Authorization, "X-API-Key", HeaderNames.ContentType, "Idempotency-Key", "Last-Event-ID",
        HeaderNames.CacheControl, HeaderNames.IfNoneMatch, HeaderNames.TraceParent, HeaderNames.TraceState, HeaderNames.Baggage,
    ];

    /// <summary>What a page may read besides what every page may.</summary>
    static readonly string[] responseHeaders =
        [HeaderNames.Location, HeaderNames.RetryAfter, HeaderNames.ETag, HeaderNames.WWWAuthenticate];

    /// <summary>For the process that callers reach: behind it the services need no such answers.</summary>
    /// <exception cref="SettingException">The setting is not a list of origins.</exception>
    public static void AddCrossOriginCalls(this WebApplicationBuilder builder)
    {
        var origins = Array.ConvertAll(builder.Configuration.List(Setting), Parse);
        if (origins.Length == 0)
        {
            return;
        }
        if (origins.Length > 1 && origins.Contains(Any))
        {
            throw new SettingException($"{Setting} contains '{Any}', which stands for all origins, and others. Remove it or the others.");
        }
        builder.Services.AddSingleton<CrossOriginMarker>();
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(origins)
            .WithMethods(methods)
            .WithHeaders(requestHeaders)
            .WithExposedHeaders(responseHeaders)
            .SetPreflightMaxAge(preflightLife)));
    }

    /// <summary>Before routing, so that preflights are answered whatever the address is.</summary>
    internal static void UseCrossOriginCalls(this WebApplication app)
    {
        if (app.Services.GetService<CrossOriginMarker>() is not null)
        {
            app.UseCors();
        }
    }

    /// <summary>An origin as browsers send it: in lower case, without the scheme's own port.</summary>
    static string Parse(string text)
    {
        if (text == Any)
        {
            return text;
        }
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            && url.PathAndQuery == "/" && url.Fragment.Length == 0 && url.Host.Length > 0 && !url.Host.Contains('*', StringComparison.Ordinal)
            ? $"{url.Scheme}://{Host(url)}{(url.IsDefaultPort ? "" : $":{url.Port}")}"
            : throw new SettingException(
                $"{Setting} contains '{text}', which is not an origin such as https://app.example.com: scheme, host and port, without a path. "
                + $"'{Any}' alone stands for all.");
    }

    static string Host(Uri url) => url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;

    sealed class CrossOriginMarker;
}
