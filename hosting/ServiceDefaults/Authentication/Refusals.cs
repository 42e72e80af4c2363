using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Microsoft.IdentityModel.Tokens;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>Responses to callers that are not authenticated or not permitted.</summary>
static class Refusals
{
    const string BearerChallenge = "Bearer realm=\"jobsystem\"";
    const string ApiKeyChallenge = "ApiKey realm=\"jobsystem\"";

    public static Task Challenge(HttpContext http, Exception? failure, bool takesTokens)
    {
        if (failure is CredentialsUncheckedException unverified)
        {
            return Problems.Unavailable(unverified.Message).ExecuteAsync(http);
        }

        http.RequestServices.GetRequiredService<UnauthenticatedRequestLog>().Record(http);
        var token = JwtAuthentication.TokenOf(http.Request) is not null;
        http.Response.Headers.WWWAuthenticate = takesTokens
            ? new StringValues([token ? $"{BearerChallenge}, error=\"invalid_token\"" : BearerChallenge, ApiKeyChallenge])
            : ApiKeyChallenge;
        var reason = Reason(failure, token && !takesTokens, takesTokens);
        return Problems.Create(StatusCodes.Status401Unauthorized, "unauthorized", reason).ExecuteAsync(http);
    }

    public static async Task Forbid(HttpContext http)
    {
        if (http.RequestServices.GetService<AuditRecorder>() is { } audit)
        {
            await audit.Record(http, StatusCodes.Status403Forbidden, "forbidden");
        }

        var need = http.GetEndpoint()?.Metadata.GetMetadata<RequiredPermission>()?.Permission ?? Permission.None;
        var detail = Permissions.Word(need) is { } word ? $"This needs the permission {word}." : "The caller may not do this.";
        await Problems.Forbidden(detail).ExecuteAsync(http);
    }

    /// <summary>Details only for holders of genuine tokens; forged tokens get no details.</summary>
    static string Reason(Exception? failure, bool tokenIsUnsupported, bool takesTokens) => failure switch
    {
        RefusedCredentialsException refused => refused.Message,
        SecurityTokenExpiredException => "The token has expired.",
        SecurityTokenNotYetValidException => "The token is not valid yet.",
        SecurityTokenInvalidAudienceException => "The token was issued for another audience.",
        SecurityTokenInvalidIssuerException => "The token was issued by somebody else.",
        not null => "The token is not valid.",
        _ when tokenIsUnsupported => "Tokens are not accepted here; send an API key in the X-API-Key header.",
        _ when takesTokens => "A token (Authorization: Bearer) or an API key (X-API-Key) is needed.",
        _ => "A valid API key is needed in the X-API-Key header.",
    };
}
