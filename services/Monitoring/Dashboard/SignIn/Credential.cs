using System.Net.Http.Headers;
using System.Security.Claims;
using JobSystem.ServiceDefaults.Authentication;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>An API key or a token, as it was typed.</summary>
sealed record Credential(string Text)
{
    public const string Claim = "dashboard_credential";

    /// <summary>
    /// Providers issue tokens of a few thousand characters. The cookie is half as large again, in parts of 4 KB, and all headers of a request may
    /// have 32 KB.
    /// </summary>
    public const int Longest = 8000;

    bool IsToken => Text.Count(x => x == '.') == 2;

    public static Credential? FromUser(ClaimsPrincipal user) => user.FindFirstValue(Claim) is { } text ? new(text) : null;

    public static bool IsWellFormed(string? text) => text is { Length: > 0 and <= Longest } && text.All(x => x is > ' ' and < (char)127);

    public void Sign(HttpRequestMessage request)
    {
        if (IsToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Text);
        }
        else
        {
            request.Headers.Add(ApiKeyAuthentication.ApiKeyHeader, Text);
        }
    }

    // The text that a record prints by itself has the credential, and could reach a log
    public override string ToString() => "(hidden)";
}
