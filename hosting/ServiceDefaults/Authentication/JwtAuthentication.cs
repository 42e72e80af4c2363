using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>Validates bearer tokens according to RFC 8725: algorithms and claims are fixed here, never taken from the token.</summary>
static class JwtAuthentication
{
    public const string Scheme = JwtBearerDefaults.AuthenticationScheme;
    const int LargestToken = 16 * 1024;
    const int PartsOfASignedToken = 3;
    static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);
    static readonly TimeSpan MetadataTimeout = TimeSpan.FromSeconds(4);
    static readonly string[] Types = ["JWT", "at+jwt"];

    public static AuthenticationBuilder AddJwt(this AuthenticationBuilder authentication, JwtSettings settings)
    {
        authentication.Services.AddSingleton<TokenCache>();
        authentication.Services.AddOptions<JwtBearerOptions>(Scheme)
            .Configure<TokenCache>((options, cache) => Configure(options, settings, cache));
        return authentication.AddJwtBearer(Scheme, _ => { });
    }

    static void Configure(JwtBearerOptions options, JwtSettings settings, TokenCache cache)
    {
        if (settings.Authority is { } authority)
        {
            options.Authority = authority.ToString();
            options.RequireHttpsMetadata = authority.Scheme == Uri.UriSchemeHttps;
            options.BackchannelTimeout = MetadataTimeout;
        }

        options.MapInboundClaims = false;
        options.SaveToken = false;
        options.TokenHandlers.Clear();
        options.TokenHandlers.Add(new JsonWebTokenHandler { MaximumTokenSizeInBytes = LargestToken, MapInboundClaims = false });
        options.TokenValidationParameters = new()
        {
            ValidAlgorithms = settings.SigningKey is null
                ? [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSsaPssSha256]
                : [SecurityAlgorithms.HmacSha256],
            ValidTypes = Types,
            ValidIssuer = settings.Issuer,
            ValidAudience = settings.Audience,
            IssuerSigningKey = settings.SigningKey,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = ClockSkew,
        };
        options.Events = new()
        {
            OnMessageReceived = context => Receive(context, cache),
            OnTokenValidated = context => Accept(context, cache),
            OnAuthenticationFailed = Explain,
        };
    }

    /// <summary>Null if the request has no token.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        var given = request.Headers.Authorization;
        return given.Count > 0 && given[0] is { } text && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && (text.Length == Scheme.Length || text[Scheme.Length] == ' ')
            ? text[Scheme.Length..].Trim()
            : null;
    }

    static Task Receive(MessageReceivedContext context, TokenCache cache)
    {
        var token = TokenOf(context.Request);
        if (token is null)
        {
            context.NoResult();
        }
        else if (context.Request.Headers.Authorization.Count > 1)
        {
            context.Fail(new RefusedCredentialsException("One Authorization header is expected."));
        }
        else if (token.Length > LargestToken || token.Count(x => x == '.') != PartsOfASignedToken - 1)
        {
            context.Fail(new RefusedCredentialsException("The token is not a signed JWT of at most 16 KiB. An API key is sent in the X-API-Key header."));
        }
        else if (cache.Find(token) is { } known)
        {
            context.Principal = known;
            context.Success();
        }
        else
        {
            context.Token = token;
        }

        return Task.CompletedTask;
    }

    static Task Accept(TokenValidatedContext context, TokenCache cache)
    {
        var token = (JsonWebToken)context.SecurityToken;
        if (token.TryGetHeaderValue<object>("crit", out _))
        {
            // RFC 7515: critical header extensions are not supported
            context.Fail(new RefusedCredentialsException("The token demands an extension (crit) that is not supported."));
        }
        else if (TokenClaims.Read(token.EncodedPayload) is not { } claims)
        {
            context.Fail(new RefusedCredentialsException($"The token's subject (sub) is expected to be {CallerScope.ExpectedOwner}."));
        }
        else
        {
            context.Principal = CallerScope.Principal(claims.Owner, claims.Granted, Scheme, "token");
            cache.Keep(token.EncodedToken, context.Principal, token.ValidTo);
        }

        return Task.CompletedTask;
    }

    /// <summary>If the provider's keys have never been loaded, the caller is not at fault.</summary>
    static async Task Explain(AuthenticationFailedContext context)
    {
        if (context.Options.ConfigurationManager is not { } metadata
            || context.Exception is SecurityTokenExpiredException or SecurityTokenNotYetValidException)
        {
            return;
        }

        try
        {
            await metadata.GetConfigurationAsync(context.HttpContext.RequestAborted).WaitAsync(MetadataTimeout);
        }
        catch (Exception failure) when (!context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            context.Fail(new CredentialsUncheckedException(
                "The provider of the token's keys is currently not responding; repeat the request.", failure));
        }
    }
}

/// <summary>The credentials are invalid; the message may be shown to the caller.</summary>
sealed class RefusedCredentialsException(string message) : Exception(message);
