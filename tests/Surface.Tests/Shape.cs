using System.Text.Json;
using System.Text.RegularExpressions;

namespace JobSystem.Surface.Tests;

/// <summary>
/// Compares an answer with a documented example: each member of the example is there and of the same kind, further members are allowed. A member
/// called <c>*</c> stands for any number of any name. A scalar or an object may be null where nothing has happened yet.
/// </summary>
static partial class Shape
{
    public static void Is(string example, JsonElement actual)
    {
        var faults = new List<string>();
        Compare(JsonElement.Parse(example), actual, "$", faults);
        Assert.True(faults.Count == 0, $"{string.Join('\n', faults)}\nin {actual}");
    }

    static void Compare(JsonElement example, JsonElement actual, string path, List<string> faults)
    {
        if (example.ValueKind == JsonValueKind.Null || (actual.ValueKind == JsonValueKind.Null && path != "$" && example.ValueKind != JsonValueKind.Array))
        {
            return;
        }
        if (Kind(example) != Kind(actual))
        {
            faults.Add($"{path}: expected {Kind(example)}; got {Kind(actual)}");
            return;
        }
        switch (example.ValueKind)
        {
            case JsonValueKind.Object: CompareMembers(example, actual, path, faults); break;
            case JsonValueKind.Array when example.GetArrayLength() > 0:
                foreach (var (item, i) in actual.EnumerateArray().Select((x, i) => (x, i)))
                {
                    Compare(example[0], item, $"{path}[{i}]", faults);
                }
                break;
            case JsonValueKind.String when Time().IsMatch(example.GetString()!) && !Utc().IsMatch(actual.GetString()!):
                faults.Add($"{path}: expected a time in UTC; got {actual}");
                break;
        }
    }

    static void CompareMembers(JsonElement example, JsonElement actual, string path, List<string> faults)
    {
        foreach (var member in example.EnumerateObject())
        {
            if (member.Name == "*")
            {
                foreach (var any in actual.EnumerateObject())
                {
                    Compare(member.Value, any.Value, $"{path}.{any.Name}", faults);
                }
            }
            else if (actual.TryGetProperty(member.Name, out var value))
            {
                Compare(member.Value, value, $"{path}.{member.Name}", faults);
            }
            else
            {
                faults.Add($"{path}.{member.Name}: missing");
            }
        }
    }

    static string Kind(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? "boolean" : value.ValueKind.ToString().ToLowerInvariant();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT")]
    private static partial Regex Time();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    private static partial Regex Utc();
}
