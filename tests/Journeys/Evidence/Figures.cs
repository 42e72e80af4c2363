using System.Diagnostics;
using System.Text.Json;
using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>
/// The API's figures beside what its list has. The last jobs may just be ending, and figures are kept for a moment, so they are compared
/// for a while.
/// </summary>
static class Figures
{
    static readonly string[] states = ["pending", "reserved", "running", "retrying", "completed", "failed", "timeout", "cancelled", "expired"];

    public static async Task<(IReadOnlyDictionary<string, long> Figures, IReadOnlyDictionary<string, long> Listed)> Of(JobsClient client)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var (figures, listed) = (await ReadFigures(client), await Count(client));
            if (states.All(state => figures[state] == listed[state]) || clock.Elapsed > TimeSpan.FromSeconds(30))
            {
                return (figures, listed);
            }
            await Task.Delay(500);
        }
    }

    static async Task<Dictionary<string, long>> ReadFigures(JobsClient client)
    {
        using var answer = await client.Raw(HttpMethod.Get, "api/v1/jobs/stats");
        var counts = (await JobsClient.Read<JsonElement>(answer, "stats")).GetProperty("by_status");
        return states.ToDictionary(state => state, state => counts.GetProperty(state).GetInt64());
    }

    static async Task<Dictionary<string, long>> Count(JobsClient client)
    {
        var listed = new Dictionary<string, long>();
        foreach (var state in states)
        {
            listed[state] = (await client.List($"status={state}&limit=1")).Total;
        }
        return listed;
    }
}
