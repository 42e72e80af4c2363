namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>Words that are typed into one field, separated by commas.</summary>
static class TagList
{
    public static IReadOnlyList<string> Parse(string text) =>
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
