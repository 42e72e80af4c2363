using System.Net;
using System.Security.Claims;
using JobSystem.Api;
using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.ServiceDefaults.Access;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>Reads from the API whom a credential belongs to.</summary>
sealed class CredentialCheck(IHttpClientFactory clients, ApiAddress address)
{
    /// <returns>Null if the credential is not valid.</returns>
    /// <exception cref="ApiProblem">The API did not respond, or failed.</exception>
    public async Task<ClaimsPrincipal?> ReadUser(Credential credential, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address.Value, "api/v1/me"));
        credential.Sign(request);
        using var response = await JobSystemApi.Send(clients, request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            return null;
        }
        await ApiProblem.ThrowIfRefused(response, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var caller = await ApiJson.Read<CallerIdentity>(body, cancellationToken);
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, caller.Owner), new(Credential.Claim, credential.Text)], DashboardCookie.Scheme);
        identity.AddClaims(caller.Permissions.Select(x => new Claim(Permissions.Claim, x)));
        return new(identity);
    }
}
