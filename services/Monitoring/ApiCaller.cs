using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Monitoring;

/// <summary>The credentials with which the canonical API is called.</summary>
public sealed record ApiCaller(IReadOnlyList<(string Header, string Value)> Credentials, CancellationToken Cancelled)
{
    const string KeyHeader = "X-API-Key";
    static readonly string[] headers = ["Authorization", KeyHeader];

    /// <summary>The caller of a request.</summary>
    public static ApiCaller FromRequest(HttpContext http) =>
        new([.. headers.SelectMany(name => http.Request.Headers[name].Select(value => (name, value!)))], http.RequestAborted);

    /// <summary>The service itself, for calls that no request causes. Null if it has no key.</summary>
    public static ApiCaller? ForService(IConfiguration configuration, CancellationToken stopping) =>
        configuration.Optional(ApiKeyAuthentication.AdminKeySetting) is { } key ? new([(KeyHeader, key)], stopping) : null;
}
