using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.ServiceDefaults.Authentication;

public static class ApiKeyAuthentication
{
    public const string ApiKeyScheme = "ApiKey";
    public const string ApiKeyHeader = "X-API-Key";
    public const string AdminKeySetting = "JOBSYSTEM_ADMIN_KEY";
    public const int ShortestKey = 16;

    /// <summary>Fails closed: every endpoint declares a permission or AllowAnonymous. Does not start without an admin key.</summary>
    public static WebApplicationBuilder AddJobSystemAuthentication(this WebApplicationBuilder builder)
    {
        var key = builder.Configuration.Required(AdminKeySetting,
            $"the administrator's API key, at least {ShortestKey} characters, for example from 'openssl rand -hex 32'");
        if (key.Length < ShortestKey)
        {
            throw new SettingException($"{AdminKeySetting} has {key.Length} characters, but must have at least {ShortestKey}.");
        }

        var tokens = JwtSettings.From(builder.Configuration);
        builder.Services.AddSingleton<AuthenticationMarker>();
        var authentication = builder.Services.AddAuthentication(ApiKeyScheme)
            .AddScheme<ApiKeyOptions, ApiKeyHandler>(ApiKeyScheme, options => Configure(options, key, takesTokens: tokens is not null));
        if (tokens is not null)
        {
            authentication.AddJwt(tokens);
        }

        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(RequiredPermissionExtensions.Undeclared);
        return builder;
    }

    static void Configure(ApiKeyOptions options, string key, bool takesTokens)
    {
        options.AdminKeyHash = new byte[32];
        ApiKey.HashOf(key, options.AdminKeyHash);
        options.TakesTokens = takesTokens;
        if (takesTokens)
        {
            options.ForwardDefaultSelector = Scheme;
            (options.ForwardChallenge, options.ForwardForbid) = (ApiKeyScheme, ApiKeyScheme);
        }
    }

    static string? Scheme(HttpContext http) =>
        http.Request.Headers.ContainsKey(ApiKeyHeader) || http.Request.Headers.Authorization.Count == 0 ? null : JwtAuthentication.Scheme;
}

/// <summary>Registered if the service authenticates its callers.</summary>
sealed class AuthenticationMarker;
