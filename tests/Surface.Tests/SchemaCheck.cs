using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace JobSystem.Surface.Tests;

/// <summary>Compares JSON with those parts of JSON Schema that the document uses; a part that it does not know is an error, not a pass.</summary>
sealed class SchemaCheck(ApiSpec spec, List<string> faults)
{
    public void Check(JsonObject schema, JsonElement value, string at)
    {
        foreach (var (keyword, rule) in schema)
        {
            switch (keyword)
            {
                case "$ref": Check(spec.Resolve(schema)!, value, at); break;
                case "anyOf": Any(rule!.AsArray(), value, at); break;
                case "type": Type(rule!, value, at); break;
                case "enum": Expect(rule!.AsArray().Any(x => (x?.ToJsonString() ?? "null") == value.GetRawText()), at, $"one of {rule.ToJsonString()}", value); break;
                case "properties" or "required" or "additionalProperties" or "minProperties" or "maxProperties":
                    if (value.ValueKind == JsonValueKind.Object)
                    {
                        Members(schema, keyword, rule!, value, at);
                    }
                    break;
                case "items" or "minItems" or "maxItems":
                    if (value.ValueKind == JsonValueKind.Array)
                    {
                        Items(keyword, rule!, value, at);
                    }
                    break;
                case "minimum" or "maximum" or "exclusiveMinimum":
                    if (value.ValueKind == JsonValueKind.Number)
                    {
                        Range(keyword, rule!.GetValue<double>(), value, at);
                    }
                    break;
                case "minLength" or "maxLength" or "pattern":
                    if (value.ValueKind == JsonValueKind.String)
                    {
                        Text(keyword, rule!, value, at);
                    }
                    break;
                case "format":
                    if (value.ValueKind == JsonValueKind.String)
                    {
                        Format(rule!.GetValue<string>(), value, at);
                    }
                    break;
                case "description" or "examples" or "default": break;
                default: throw new NotSupportedException($"{at}: the schema has {keyword}");
            }
        }
    }

    void Expect(bool holds, string at, string expected, JsonElement value)
    {
        if (!holds)
        {
            var text = value.GetRawText();
            faults.Add($"{at}: expected {expected}; got {text[..Math.Min(text.Length, 80)]}");
        }
    }

    void Any(JsonArray options, JsonElement value, string at)
    {
        var all = options.Select(option =>
        {
            var own = new List<string>();
            new SchemaCheck(spec, own).Check(option!.AsObject(), value, at);
            return own;
        }).ToList();
        if (all.All(x => x.Count > 0))
        {
            faults.AddRange(all.MinBy(x => x.Count)!);
        }
    }

    void Type(JsonNode rule, JsonElement value, string at)
    {
        var types = rule is JsonArray several ? several.Select(x => x!.GetValue<string>()).ToArray() : [rule.GetValue<string>()];
        Expect(types.Any(type => type switch
        {
            "null" => value.ValueKind == JsonValueKind.Null,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
            _ => type.Equals(value.ValueKind.ToString(), StringComparison.OrdinalIgnoreCase),
        }), at, string.Join(" or ", types), value);
    }

    void Members(JsonObject schema, string keyword, JsonNode rule, JsonElement value, string at)
    {
        switch (keyword)
        {
            case "required":
                foreach (var name in rule.AsArray().Select(x => x!.GetValue<string>()).Where(x => !value.TryGetProperty(x, out _)))
                {
                    faults.Add($"{at}.{name}: missing");
                }
                break;
            case "properties":
                foreach (var (name, member) in rule.AsObject())
                {
                    if (value.TryGetProperty(name, out var given))
                    {
                        Check(member!.AsObject(), given, $"{at}.{name}");
                    }
                }
                break;
            case "additionalProperties":
                foreach (var member in value.EnumerateObject().Where(x => schema["properties"]?[x.Name] is null))
                {
                    if (rule is JsonObject other)
                    {
                        Check(other, member.Value, $"{at}.{member.Name}");
                    }
                    else if (!rule.GetValue<bool>())
                    {
                        faults.Add($"{at}.{member.Name}: not described");
                    }
                }
                break;
            default:
                var (count, limit) = (value.EnumerateObject().Count(), rule.GetValue<int>());
                Expect(keyword == "minProperties" ? count >= limit : count <= limit, at, $"{keyword} {limit}", value);
                break;
        }
    }

    void Items(string keyword, JsonNode rule, JsonElement value, string at)
    {
        if (keyword != "items")
        {
            Expect(keyword == "minItems" ? value.GetArrayLength() >= rule.GetValue<int>() : value.GetArrayLength() <= rule.GetValue<int>(), at, $"{keyword} {rule}", value);
            return;
        }
        foreach (var (item, i) in value.EnumerateArray().Select((x, i) => (x, i)))
        {
            Check(rule.AsObject(), item, $"{at}[{i}]");
        }
    }

    void Range(string keyword, double limit, JsonElement value, string at)
    {
        var number = value.GetDouble();
        Expect(keyword switch { "minimum" => number >= limit, "maximum" => number <= limit, _ => number > limit }, at, $"{keyword} {limit.ToString(CultureInfo.InvariantCulture)}", value);
    }

    void Text(string keyword, JsonNode rule, JsonElement value, string at)
    {
        var text = value.GetString()!;
        Expect(keyword switch
        {
            "minLength" => text.Length >= rule.GetValue<int>(),
            "maxLength" => text.Length <= rule.GetValue<int>(),
            _ => Regex.IsMatch(text, rule.GetValue<string>()),
        }, at, $"{keyword} {rule}", value);
    }

    void Format(string format, JsonElement value, string at) => Expect(format switch
    {
        "date-time" => value.GetString()!.EndsWith('Z') && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, out _),
        "uuid" => Guid.TryParseExact(value.GetString(), "D", out _),
        "int32" or "int64" => true,
        _ => throw new NotSupportedException($"{at}: the schema has format {format}"),
    }, at, format, value);
}
