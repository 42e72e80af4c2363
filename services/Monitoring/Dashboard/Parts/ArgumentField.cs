using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Api;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>
/// A form field for one argument of a task, from the JSON Schema that its worker announced. An argument that is not a string, number, boolean or
/// one of some words is typed as JSON.
/// </summary>
/// <param name="Kind">text, number, boolean, choice or json</param>
public sealed record ArgumentField(string Name, string Kind, string? Description, bool Required, IReadOnlyList<string> Choices, string? Default)
{
    public string? Text { get; set; } = Default;

    public static IReadOnlyList<ArgumentField> FromSchema(RawJson? schema)
    {
        if (schema?.Parse() is not { } root || Member(root, "properties") is not { ValueKind: JsonValueKind.Object } properties)
        {
            return [];
        }
        var required = Member(root, "required") is { ValueKind: JsonValueKind.Array } names
            ? names.EnumerateArray().Select(x => x.ToString()).ToHashSet()
            : [];
        return [.. properties.EnumerateObject().Select(x => FromMember(x.Name, x.Value, required.Contains(x.Name)))];
    }

    /// <summary>The arguments by name. A field that was left empty is not sent, so that the task's own default holds.</summary>
    /// <exception cref="JsonException">The text of a JSON field is not JSON.</exception>
    public static RawJson ToArguments(IEnumerable<ArgumentField> fields)
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
        return new(values.ToJsonString());
    }

    static ArgumentField FromMember(string name, JsonElement schema, bool required)
    {
        var description = Member(schema, "description")?.ToString();
        var otherwise = Member(schema, "default") switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { ValueKind: not JsonValueKind.Null } given => given.GetRawText(),
            _ => null,
        };
        if (Member(schema, "enum") is { ValueKind: JsonValueKind.Array } words && words.EnumerateArray().All(x => x.ValueKind == JsonValueKind.String))
        {
            return new(name, "choice", description, required, [.. words.EnumerateArray().Select(x => x.GetString()!)], otherwise);
        }
        return new(name, KindOf(Member(schema, "type")), description, required, [], otherwise);
    }

    /// <summary>A type, or one type and null.</summary>
    static string KindOf(JsonElement? type)
    {
        string[] words = type switch
        {
            { ValueKind: JsonValueKind.Array } several => [.. several.EnumerateArray().Select(x => x.ToString()).Where(x => x != "null")],
            { } one => [one.ToString()],
            _ => [],
        };
        return words switch { ["string"] => "text", ["integer"] or ["number"] => "number", ["boolean"] => "boolean", _ => "json" };
    }

    static JsonElement? Member(JsonElement schema, string name) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(name, out var member) ? member : null;
}
