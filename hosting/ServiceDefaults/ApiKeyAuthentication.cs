using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults;

public static class ApiKeyAuthentication
{
    public const string ApiKeyScheme = "ApiKey";
    public const string ApiKeyHeader = "X-API-Key";
    public const string AdminKeySetting = "JOBSYSTEM_ADMIN_KEY";
    public const int ShortestKey = 16;

    /// <summary>Fail closed: every endpoint needs a caller unless it says AllowAnonymous. Refuses to start without an admin key.</summary>
    public static WebApplicationBuilder AddJobSystemAuthentication(this WebApplicationBuilder builder)
    {
        var key = builder.Configuration.Required(AdminKeySetting, $"the administrator's API key, at least {ShortestKey} characters, for example from 'openssl rand -hex 32'");
        if (key.Length < ShortestKey)
        {
            throw new SettingException($"{AdminKeySetting} has {key.Length} characters, but must have at least {ShortestKey}.");
        }

        builder.Services.AddSingleton<ApiKeyMarker>();
        builder.Services.AddAuthentication(ApiKeyScheme)
            .AddScheme<ApiKeyOptions, ApiKeyHandler>(ApiKeyScheme, options => options.AdminKeyHash = ApiKeyHandler.Hash(key));
        builder.Services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        return builder;
    }
}

/// <summary>There when the service authenticates its callers.</summary>
internal sealed class ApiKeyMarker;

public sealed class ApiKeyOptions : AuthenticationSchemeOptions
{
    /// <summary>SHA-256 of the key: the key itself is not kept.</summary>
    public byte[] AdminKeyHash { get; set; } = [];
}

internal sealed class ApiKeyHandler(IOptionsMonitor<ApiKeyOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<ApiKeyOptions>(options, logger, encoder)
{
    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var given = Request.Headers[ApiKeyAuthentication.ApiKeyHeader];
        if (given.Count == 0)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        // hashes have one length, so that the comparison takes the same time for every wrong key
        var known = given.Count == 1 && CryptographicOperations.FixedTimeEquals(Hash(given[0]!), Options.AdminKeyHash);
        return Task.FromResult(known ? AuthenticateResult.Success(Administrator()) : AuthenticateResult.Fail("Unknown API key."));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = ApiKeyAuthentication.ApiKeyScheme;
        return base.HandleChallengeAsync(properties);
    }

    private AuthenticationTicket Administrator()
    {
        var identity = new ClaimsIdentity(
            [new(ClaimTypes.NameIdentifier, "admin"), new(ClaimTypes.Name, "admin"), new(ClaimTypes.Role, "admin"), new("permissions", "admin")],
            Scheme.Name);
        return new(new(identity), Scheme.Name);
    }
}
