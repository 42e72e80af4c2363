using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Meters;

/// <summary>What the broker was asked to do, from the counters of its management API.</summary>
public sealed class BrokerMeter : IDisposable
{
    readonly HttpClient _http;

    public BrokerMeter(StackEnv env)
    {
        _http = new HttpClient { BaseAddress = env.Management };
        var login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{env.BrokerUser}:{env.BrokerPassword}"));
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", login);
    }

    public async Task<Sample> Take(CancellationToken ct)
    {
        using var overview = await Get("/api/overview", ct);
        // a broker that has just started has no counters yet
        var stats = overview.RootElement.TryGetProperty("message_stats", out var found) ? found : overview.RootElement;
        return new Sample(Count(stats, "publish"), Count(stats, "confirm"), Count(stats, "deliver_get"), Count(stats, "redeliver"), await PublishedTo(ct));
    }

    public static void AddTo(Section section, Sample before, Sample after, int jobs, Floor? floor = null)
    {
        var published = after.Published - before.Published;
        section.Add("messages_per_job", "broker messages published per job", published / (double)jobs, "", floor);
        if (published == 0)
        {
            return;
        }
        section
            .Add("confirms_per_message", "of these confirmed by the broker", (after.Confirmed - before.Confirmed) / (double)published, "")
            .Add("deliveries_per_job", "broker deliveries per job", (after.Delivered - before.Delivered) / (double)jobs, "",
                note: $"{after.Redelivered - before.Redelivered} redelivered");
        var exchanges = after.PublishedTo
            .Select(e => (e.Key, Count: e.Value - before.PublishedTo.GetValueOrDefault(e.Key)))
            .Where(e => e.Count > 0).OrderByDescending(e => e.Count).Take(8)
            .Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Key} {e.Count / (double)jobs:0.####}"));
        section.Note("published per job by exchange: " + string.Join(", ", exchanges));
    }

    public async Task<JsonDocument> Get(string path, CancellationToken ct)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), ct);
        response.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
    }

    public async Task<bool> Exists(string path, CancellationToken ct)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative), ct);
        return response.IsSuccessStatusCode;
    }

    public async Task Delete(string path, CancellationToken ct) => (await _http.DeleteAsync(new Uri(path, UriKind.Relative), ct)).Dispose();

    public async Task Declare(HttpMethod method, string path, string body, CancellationToken ct)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = content };
        using var response = await _http.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    async Task<Dictionary<string, long>> PublishedTo(CancellationToken ct)
    {
        using var exchanges = await Get("/api/exchanges", ct);
        return exchanges.RootElement.EnumerateArray()
            .Where(e => e.TryGetProperty("message_stats", out _))
            .GroupBy(e => e.GetProperty("name").GetString() is { Length: > 0 } name ? name : "(default)")
            .ToDictionary(g => g.Key, g => g.Sum(e => Count(e.GetProperty("message_stats"), "publish_in")));
    }

    static long Count(JsonElement stats, string name) => stats.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    public sealed record Sample(long Published, long Confirmed, long Delivered, long Redelivered, IReadOnlyDictionary<string, long> PublishedTo);
}
