using System.Text.Json;

namespace JobSystem.JobApi.Storage;

/// <summary>A column with names: a JSON array, null for none.</summary>
static class NameList
{
    public static string? Write(IReadOnlyCollection<string> names) => names.Count == 0 ? null : JsonSerializer.Serialize(names);

    public static IReadOnlyList<string> Read(string? column) => column is null ? [] : JsonSerializer.Deserialize<string[]>(column)!;
}
