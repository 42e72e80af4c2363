using System.Net;
using System.Text.Json;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>The API refused, or did not answer. The message is its <c>detail</c>, which may be shown.</summary>
sealed class ApiProblem(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The credential is not good, or not any more.</summary>
    public bool IsSignedOut { get; private init; }

    public static async Task ThrowIfRefused(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw new ApiProblem(Detail(await response.Content.ReadAsStringAsync(cancellationToken)) ?? $"The API answered {(int)response.StatusCode}.") { IsSignedOut = response.StatusCode == HttpStatusCode.Unauthorized };
        }
    }

    static string? Detail(string body)
    {
        try
        {
            var problem = JsonElement.Parse(body);
            return problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
