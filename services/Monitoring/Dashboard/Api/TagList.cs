using System.Text.Json.Nodes;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>Tags as they are typed into one field, with commas between them.</summary>
static class TagList
{
    public static JsonArray Parse(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(x => (JsonNode)x)];
}
