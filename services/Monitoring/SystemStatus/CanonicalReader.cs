using System.Text.Json;
using JobSystem.Api;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Calls the canonical API with the caller's credentials, so that nothing is shown here which the API does not show to the caller.</summary>
public sealed class CanonicalReader(IHttpClientFactory clients, ApiAddress address)
{
    public const string Client = "canonical-api";

    /// <param name="path">Path and query below <c>/api/v1/</c>.</param>
    public async Task<Reading<T>> Get<T>(ApiCaller caller, string path) where T : class
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
            await using var body = await response.Content.ReadAsStreamAsync(caller.Cancelled);
            return response.IsSuccessStatusCode
                ? new(await ApiJson.Read<T>(body, caller.Cancelled), null)
                : new(null, (await ApiJson.Read<Problem>(body, caller.Cancelled)).Detail ?? $"It answered {(int)response.StatusCode}.");
        }
        catch (Exception away) when (away is HttpRequestException or JsonException
            || (away is OperationCanceledException && !caller.Cancelled.IsCancellationRequested))
        {
            return new(null, "It did not answer.");
        }
    }
}

/// <summary>The API's response, or the reason why there is none.</summary>
public sealed record Reading<T>(T? Value, string? Fault) where T : class;

static class Readings
{
    /// <summary>The items; none if there is no response.</summary>
    public static IReadOnlyList<T> Items<T>(this Reading<Listing<T>> reading) => reading.Value?.Items ?? [];

    /// <summary>The items of the page; none if there is no response.</summary>
    public static IReadOnlyList<T> Items<T>(this Reading<Page<T>> reading) => reading.Value?.Items ?? [];

    /// <summary>How many there are; 0 if there is no response.</summary>
    public static long Total<T>(this Reading<Listing<T>> reading) => reading.Value?.Total ?? 0;

    /// <summary>How many there are on all pages; 0 if there is no response.</summary>
    public static long Total<T>(this Reading<Page<T>> reading) => reading.Value?.Total ?? 0;
}
