using System.Net;
using System.Text.Json;
using JobSystem.Api;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>The API refused a call or did not respond. The message is the response's <c>detail</c>, which may be shown.</summary>
sealed class ApiProblem(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True if the credential is not valid, or not valid any more.</summary>
    public bool IsSignedOut { get; private init; }

    public static async Task ThrowIfRefused(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var detail = await ReadDetail(response.Content, cancellationToken);
            throw new ApiProblem(detail ?? $"The API answered {(int)response.StatusCode}.")
            {
                IsSignedOut = response.StatusCode == HttpStatusCode.Unauthorized,
            };
        }
    }

    static async Task<string?> ReadDetail(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await content.ReadAsStreamAsync(cancellationToken);
            return (await ApiJson.Read<Problem>(body, cancellationToken)).Detail;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
