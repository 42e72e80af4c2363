using System.Net;
using System.Security.Claims;
using System.Text.Json;
using JobSystem.Monitoring.Dashboard.Api;
using JobSystem.ServiceDefaults.Access;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>Asks the API whose a credential is.</summary>
sealed class CredentialCheck(IHttpClientFactory clients, ApiAddress address)
{
    /// <returns>Null when the API does not know the credential.</returns>
    /// <exception cref="ApiProblem">The API cannot say.</exception>
    public async Task<ClaimsPrincipal?> Ask(Credential credential, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address.Value, "api/v1/me"));
        credential.Sign(request);
        using var response = await JobSystemApi.Send(clients, request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            return null;
        }
        await ApiProblem.ThrowIfRefused(response, cancellationToken);
        using var me = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancellationToken));
        var owner = me.RootElement.GetProperty("owner").GetString()!;
        var identity = new ClaimsIdentity([new(ClaimTypes.Name, owner), new(Credential.Claim, credential.Text)], DashboardCookie.Scheme);
        identity.AddClaims(me.RootElement.GetProperty("permissions").EnumerateArray().Select(x => new Claim(Permissions.Claim, x.GetString()!)));
        return new(identity);
    }
}
