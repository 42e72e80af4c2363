using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Monitoring;

/// <summary>In whose name the canonical API is asked.</summary>
public sealed record ApiCaller(IReadOnlyList<(string Header, string Value)> Credentials, CancellationToken Cancelled)
{
    const string KeyHeader = "X-API-Key";
    static readonly string[] headers = ["Authorization", KeyHeader];

    /// <summary>Whoever sent the request.</summary>
    public static ApiCaller Of(HttpContext http) =>
        new([.. headers.SelectMany(name => http.Request.Headers[name].Select(value => (name, value!)))], http.RequestAborted);

    /// <summary>The service itself, when nobody asks. Null without the key that it needs for that.</summary>
    public static ApiCaller? Service(IConfiguration configuration, CancellationToken stopping) =>
        configuration.Optional(ApiKeyAuthentication.AdminKeySetting) is { } key ? new([(KeyHeader, key)], stopping) : null;
}
