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

    public StandingCredentials(HttpContext http) =>
        (endpoint, key, token) = (http.GetEndpoint(), http.Request.Headers[ApiKeyAuthentication.ApiKeyHeader], http.Request.Headers[HeaderNames.Authorization]);

    /// <summary>
    /// Asks as a new request would: the answer of the first one is kept with it. While nobody can say, they are believed; who cannot ask
    /// for a key cannot have heard of its end either.
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
