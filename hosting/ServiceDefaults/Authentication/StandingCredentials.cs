using JobSystem.ServiceDefaults.ApiKeys;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace JobSystem.ServiceDefaults.Authentication;

/// <summary>Credentials of a request, revalidated while a long response is being sent.</summary>
public sealed class StandingCredentials
{
    readonly Endpoint? endpoint;
    readonly StringValues key;
    readonly StringValues token;

    public StandingCredentials(HttpContext http)
    {
        var headers = http.Request.Headers;
        (endpoint, key, token) = (http.GetEndpoint(), headers[ApiKeyAuthentication.ApiKeyHeader], headers[HeaderNames.Authorization]);
    }

    /// <summary>
    /// Authenticates like a new request. The result of the first request is kept with its features, so a new context is used. While the
    /// credentials cannot be validated they count as valid: the process cannot have learnt of a revocation either.
    /// </summary>
    public async Task<bool> AreGood(IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var http = new DefaultHttpContext { RequestServices = scope.ServiceProvider, RequestAborted = cancellationToken };
        http.SetEndpoint(endpoint);
        (http.Request.Headers[ApiKeyAuthentication.ApiKeyHeader], http.Request.Headers[HeaderNames.Authorization]) = (key, token);
        var answer = await http.AuthenticateAsync();
        return answer.Succeeded || answer.Failure is CredentialsUncheckedException;
    }
}
