using System.Text.Json;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Asks the canonical API in the caller's name, so that nobody is shown here what is not shown there.</summary>
public sealed class CanonicalReader(IHttpClientFactory clients, ApiAddress address)
{
    public const string Client = "canonical-api";

    /// <param name="path">Path and query below <c>/api/v1/</c>.</param>
    public async Task<Reading> Get(ApiCaller caller, string path)
    {
        using var client = clients.CreateClient(Client);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address.Value, $"api/v1/{path}"));
        foreach (var (header, value) in caller.Credentials)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }
        try
        {
            using var response = await client.SendAsync(request, caller.Cancelled);
            var json = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(caller.Cancelled), cancellationToken: caller.Cancelled);
            return response.IsSuccessStatusCode
                ? new(json.RootElement, null)
                : new(null, json.RootElement.TryGetProperty("detail"u8, out var detail) ? detail.GetString()! : $"It answered {(int)response.StatusCode}.");
        }
        catch (Exception away) when (away is HttpRequestException or JsonException || (away is OperationCanceledException && !caller.Cancelled.IsCancellationRequested))
        {
            return new(null, "It did not answer.");
        }
    }
}

/// <summary>What was answered, or why there is no answer.</summary>
public sealed record Reading(JsonElement? Json, string? Fault)
{
    public IEnumerable<JsonElement> Items => Json is { } page ? page.GetProperty("items"u8).EnumerateArray() : [];

    public long Total => Json is { } page ? page.GetProperty("total"u8).GetInt64() : 0;
}
