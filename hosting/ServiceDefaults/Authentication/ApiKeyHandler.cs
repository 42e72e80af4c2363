using System.Security.Cryptography;
using System.Text.Encodings.Web;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults.Authentication;

public sealed class ApiKeyOptions : AuthenticationSchemeOptions
{
    /// <summary>SHA-256 of the administrator's key; the key itself is not kept in memory.</summary>
    public byte[] AdminKeyHash { get; set; } = [];

    /// <summary>True if the service accepts tokens too.</summary>
    public bool TakesTokens { get; set; }
}

/// <summary>Authenticates callers by <c>X-API-Key</c>, and writes the refusals of all schemes.</summary>
sealed class ApiKeyHandler(IOptionsMonitor<ApiKeyOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<ApiKeyOptions>(options, logger, encoder)
{
    const string Administrator = "admin";

    /// <summary>One result for all requests of the administrator, because this is the hot path; it is never changed.</summary>
    static readonly AuthenticateResult Admin = Success(Administrator, Permission.Admin, RunScope.All, "key admin");

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var given = Request.Headers[ApiKeyAuthentication.ApiKeyHeader];
        if (given.Count == 0 || Context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return AuthenticateResult.NoResult();
        }

        if (given is not [{ } key] || JwtAuthentication.TokenOf(Request) is not null)
        {
            return Refused(given.Count > 1 ? "One X-API-Key header is expected." : "Either an API key or a token is expected; got both.");
        }

        return IsAdministrator(key) ? Admin : await Issued(key);
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties) =>
        await Refusals.Challenge(Context, (await AuthenticateAsync()).Failure, Options.TakesTokens);

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Refusals.Forbid(Context);

    // Hashes have one length, so that the comparison takes the same time for every wrong key
    bool IsAdministrator(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        ApiKey.HashOf(key, hash);
        return CryptographicOperations.FixedTimeEquals(hash, Options.AdminKeyHash);
    }

    async Task<AuthenticateResult> Issued(string key)
    {
        if (!ApiKey.IsWellFormed(key) || Context.RequestServices.GetService<ApiKeyDirectory>() is not { } keys)
        {
            return Refused("The API key is not valid.");
        }

        try
        {
            return await keys.Find(key, Context.RequestAborted) is { } found
                ? Success(found.Owner, found.Granted, found.Runs, $"key {ApiKey.Prefix(key)}…")
                : Refused("The API key is not valid: unknown, expired or revoked.");
        }
        catch (CredentialsUncheckedException failure)
        {
            return AuthenticateResult.Fail(failure);
        }
    }

    static AuthenticateResult Success(string owner, Permission granted, RunScope runs, string credential)
    {
        var caller = CallerScope.Principal(owner, granted, ApiKeyAuthentication.ApiKeyScheme, credential);
        runs.AddTo(caller);
        return AuthenticateResult.Success(new(caller, ApiKeyAuthentication.ApiKeyScheme));
    }

    static AuthenticateResult Refused(string reason) => AuthenticateResult.Fail(new RefusedCredentialsException(reason));
}
