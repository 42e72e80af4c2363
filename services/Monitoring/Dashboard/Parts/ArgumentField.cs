using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>A field of a form for one argument of a task, from the JSON Schema that its worker announced. What is no plain text, number, word or yes-no is asked for as JSON.</summary>
/// <param name="Kind">text, number, boolean, choice or json</param>
public sealed record ArgumentField(string Name, string Kind, string? Description, bool Required, IReadOnlyList<string> Choices, string? Default)
{
    public string? Text { get; set; } = Default;

    public static IReadOnlyList<ArgumentField> Of(JsonElement? schema)
    {
        if (schema is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
        {
            return [];
        }
        var required = root.TryGetProperty("required", out var names) && names.ValueKind == JsonValueKind.Array ? names.EnumerateArray().Select(x => x.ToString()).ToHashSet() : [];
        return [.. properties.EnumerateObject().Select(x => Of(x.Name, x.Value, required.Contains(x.Name)))];
    }

    /// <summary>What was filled in. A field that was left empty is not sent, so that the task's own default holds.</summary>
    /// <exception cref="JsonException">A field that wants JSON has something else.</exception>
    public static JsonObject Values(IEnumerable<ArgumentField> fields)
    {
        var values = new JsonObject();
        foreach (var field in fields.Where(x => !string.IsNullOrEmpty(x.Text)))
        {
            values[field.Name] = field.Kind switch
            {
                "text" or "choice" => field.Text,
                "number" when decimal.TryParse(field.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
                "boolean" => field.Text == "true",
                _ => JsonNode.Parse(field.Text!),
            };
        }
        return values;
    }

    static ArgumentField Of(string name, JsonElement schema, bool required)
    {
        var description = Member(schema, "description")?.ToString();
        var otherwise = Member(schema, "default") is { ValueKind: not JsonValueKind.Null } given ? given.ValueKind is JsonValueKind.String ? given.GetString() : given.GetRawText() : null;
        if (Member(schema, "enum") is { ValueKind: JsonValueKind.Array } words && words.EnumerateArray().All(x => x.ValueKind == JsonValueKind.String))
        {
            return new(name, "choice", description, required, [.. words.EnumerateArray().Select(x => x.GetString()!)], otherwise);
        }
        return new(name, KindOf(Member(schema, "type")), description, required, [], otherwise);
    }

    /// <summary>A type, or one type and null.</summary>
    static string KindOf(JsonElement? type)
    {
        var words = type is { ValueKind: JsonValueKind.Array } several ? [.. several.EnumerateArray().Select(x => x.ToString()).Where(x => x != "null")] : type is { } one ? new List<string> { one.ToString() } : [];
        return words switch { ["string"] => "text", ["integer"] or ["number"] => "number", ["boolean"] => "boolean", _ => "json" };
    }

    static JsonElement? Member(JsonElement schema, string name) => schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var member) ? member : null;
}
