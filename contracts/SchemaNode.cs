using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace JobSystem.Contracts;

/// <summary>The schemas of one document, each read once.</summary>
sealed class SchemaDocument(JsonElement root)
{
    readonly ConcurrentDictionary<string, SchemaNode?> referred = new(StringComparer.Ordinal);

    public JsonElement Root => root;

    /// <summary>What a reference within the document leads to; null for any other reference.</summary>
    public SchemaNode? Find(string reference) => referred.GetOrAdd(reference, Resolve);

    SchemaNode? Resolve(string reference)
    {
        if (!reference.StartsWith('#'))
        {
            return null;
        }
        var at = root;
        foreach (var part in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var member))
            {
                at = member;
            }
            else if (at.ValueKind == JsonValueKind.Array
                && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }
        }
        return new(at, this);
    }
}

/// <summary>
/// One schema: of the keywords of JSON Schema those that this system's workers announce, and the ones that are most common beside them.
/// </summary>
sealed class SchemaNode
{
    readonly SchemaDocument document;
    readonly bool refusesAll;
    readonly string[] types = [];
    readonly JsonElement[]? values;
    readonly string? format;
    readonly Regex? pattern;
    readonly int shortest;
    readonly int longest = int.MaxValue;
    readonly JsonElement least;
    readonly JsonElement most;
    readonly bool isNullable;
    readonly string? reference;

    public SchemaNode(JsonElement schema, SchemaDocument document)
    {
        this.document = document;
        refusesAll = schema.ValueKind == JsonValueKind.False;
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        types = Member("type") is { ValueKind: JsonValueKind.String } type ? [type.GetString()!] : Texts(Member("type"));
        values = Member("const") is { ValueKind: not JsonValueKind.Undefined } only ? [only]
            : Member("enum") is { ValueKind: JsonValueKind.Array } some ? [.. some.EnumerateArray()]
            : null;
        format = Text("format");
        pattern = Pattern(Text("pattern"));
        (shortest, longest) = (Whole("minLength") ?? 0, Whole("maxLength") ?? int.MaxValue);
        (least, most) = (Member("minimum"), Member("maximum"));
        isNullable = Member("nullable").ValueKind == JsonValueKind.True;
        reference = Text("$ref");
        Options = [.. Items(Member("anyOf")).Select(Node)];
        foreach (var property in Member("properties") is { ValueKind: JsonValueKind.Object } members ? members.EnumerateObject() : default)
        {
            Properties[property.Name] = Node(property.Value);
        }
        Required = Texts(Member("required"));
        var others = Member("additionalProperties");
        var isWhole = Member("patternProperties").ValueKind == JsonValueKind.Undefined;
        IsClosed = isWhole && others.ValueKind == JsonValueKind.False;
        Others = isWhole && others.ValueKind == JsonValueKind.Object ? Node(others) : null;
        var items = Member("items");
        var isList = Member("prefixItems").ValueKind == JsonValueKind.Undefined
            && items.ValueKind is JsonValueKind.Object or JsonValueKind.False;
        Elements = isList ? Node(items) : null;

        JsonElement Member(string name) => schema.TryGetProperty(name, out var value) ? value : default;
        string? Text(string name) => Member(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        int? Whole(string name) =>
            Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var value) ? value : null;
        SchemaNode Node(JsonElement inner) => new(inner, document);
    }

    /// <summary>In the order of the schema.</summary>
    public OrderedDictionary<string, SchemaNode> Properties { get; } = new(StringComparer.Ordinal);
    public IReadOnlyList<string> Required { get; } = [];

    /// <summary>True when other members than the properties are refused.</summary>
    public bool IsClosed { get; }

    /// <summary>What other members have to be; null for anything.</summary>
    public SchemaNode? Others { get; }
    public SchemaNode? Elements { get; }

    /// <summary>One of these fits, if there are any.</summary>
    public IReadOnlyList<SchemaNode> Options { get; } = [];

    /// <summary>The schema that holds as well.</summary>
    public SchemaNode? Referred => reference is null ? null : document.Find(reference);

    /// <summary>Whether the value itself fits, whatever is in it.</summary>
    public bool FitsItself(JsonElement value)
    {
        if (refusesAll)
        {
            return false;
        }
        if (isNullable && value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }
        var isOfItsKind = (types.Length == 0 || types.Any(x => IsOfType(x, value)))
            && (values is null || values.Any(x => JsonElement.DeepEquals(x, value)));
        return isOfItsKind && value.ValueKind switch
        {
            JsonValueKind.Number => IsWithin(value),
            JsonValueKind.String => FitsText(value),
            _ => true,
        };
    }

    static bool IsOfType(string type, JsonElement value) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "string" => value.ValueKind == JsonValueKind.String,
        "array" => value.ValueKind == JsonValueKind.Array,
        "object" => value.ValueKind == JsonValueKind.Object,
        "integer" => value.ValueKind == JsonValueKind.Number && JsonInteger.TryRead(value, out _),
        // No program reads numbers that are beyond doubles
        "number" => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number),
        _ => true,
    };

    bool IsWithin(JsonElement value) =>
        (least.ValueKind != JsonValueKind.Number || Order(value, least) >= 0)
            && (most.ValueKind != JsonValueKind.Number || Order(value, most) <= 0);

    static int Order(JsonElement a, JsonElement b) =>
        a.TryGetDecimal(out var left) && b.TryGetDecimal(out var right) ? left.CompareTo(right)
        : a.TryGetDouble(out var x) && b.TryGetDouble(out var y) ? x.CompareTo(y)
        : 0;

    bool FitsText(JsonElement value)
    {
        var text = value.GetString()!;
        // The schema counts characters as people do, not the halves of pairs
        var length = shortest == 0 && longest == int.MaxValue ? 0 : text.EnumerateRunes().Count();
        return length >= shortest && length <= longest && pattern?.IsMatch(text) != false && format switch
        {
            "uuid" => value.TryGetGuid(out _),
            "date-time" => value.TryGetDateTimeOffset(out _) || value.TryGetDateTime(out _),
            "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            _ => true,
        };
    }

    /// <summary>The schema in words.</summary>
    public string Expected()
    {
        if (values is not null)
        {
            var words = string.Join(", ", values.Select(x => x.ValueKind == JsonValueKind.String ? x.GetString() : x.GetRawText()));
            return values.Length == 1 ? words : $"one of {words}";
        }
        if (types.Length > 0)
        {
            return string.Join(" or ", types.Select(Word)) + (isNullable ? " or null" : "");
        }
        return Referred is { reference: null } referred ? referred.Expected()
            : Options.Count > 0 && Options.All(x => x.types.Length > 0) ? string.Join(" or ", Options.Select(x => x.Expected()).Distinct())
            : refusesAll ? "nothing" : "a value that fits the schema";
    }

    string Word(string type) => type switch
    {
        "integer" => "an integer" + Range(),
        "number" => "a number" + Range(),
        "boolean" => "true or false",
        "array" => "an array",
        "object" => "an object",
        "null" => "null",
        "string" => format switch
        {
            "uuid" => "a UUID string",
            "date-time" => "a date and time (RFC 3339 string)",
            "date" => "a date (yyyy-mm-dd)",
            _ when (shortest, longest) is (1, 1) => "a string of one character",
            _ => "a string",
        },
        _ => type,
    };

    string Range() =>
        least.ValueKind == JsonValueKind.Number && most.ValueKind == JsonValueKind.Number
            ? $" from {least.GetRawText()} to {most.GetRawText()}"
            : "";

    static JsonElement[] Items(JsonElement list) => list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : [];

    static string[] Texts(JsonElement list) => [.. Items(list).Where(x => x.ValueKind == JsonValueKind.String).Select(x => x.GetString()!)];

    /// <summary>In time that the length of the text limits; what cannot be matched so is left to the task.</summary>
    static Regex? Pattern(string? pattern)
    {
        try
        {
            return pattern is null ? null : new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception unfit) when (unfit is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
