using System.Text.Json;
using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>The API's figures beside what its list has. Nothing is under way when they are read, and figures are kept for a moment, so they are asked for until they are new.</summary>
static class Figures
{
    static readonly string[] states = ["pending", "reserved", "running", "retrying", "completed", "failed", "timeout", "cancelled", "expired"];

    public static async Task<(IReadOnlyDictionary<string, long> Figures, IReadOnlyDictionary<string, long> Listed)> Of(JobsClient client)
    {
        var asked = TimeProvider.System.GetUtcNow();
        var listed = new Dictionary<string, long>();
        foreach (var state in states)
        {
            listed[state] = (await client.List($"status={state}&limit=1")).Total;
        }
        var figures = await Support.Eventually.Gets(async () =>
        {
            using var answer = await client.Raw(HttpMethod.Get, "api/v1/jobs/stats");
            var stats = await JobsClient.Read<JsonElement>(answer, "stats");
            return stats.GetProperty("as_of").GetDateTimeOffset() < asked ? null : states.ToDictionary(state => state, state => stats.GetProperty("by_status").GetProperty(state).GetInt64());
        });
        return (figures, listed);
    }
}
