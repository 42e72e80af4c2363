using System.Globalization;
using System.Text.Json;
using JobSystem.Api;

namespace JobSystem.Client.CodeGeneration;

/// <summary>Reads the JSON Schema of a task's arguments. What it does not understand is any JSON, which the server checks.</summary>
sealed class SchemaReader(RegisteredTask task, string name, HashSet<string> taken)
{
    const int MaxDepth = 32;

    readonly SortedDictionary<string, DeclaredType> types = new(StringComparer.Ordinal);
    readonly Dictionary<string, DeclaredType> byPointer = new(StringComparer.Ordinal);
    readonly JsonElement root = task.Parameters is { } schema ? JsonElement.Parse(schema.ToString()) : default;

    public JobModel Read()
    {
        var arguments = new DeclaredType(name) { Description = task.Description, IsOpen = IsOpen(root) };
        byPointer[""] = arguments;
        AddMembers(arguments, root, "", 0);
        return new(task, arguments, [.. types.Values]);
    }

    void AddMembers(DeclaredType to, JsonElement schema, string pointer, int depth)
    {
        var required = Texts(schema, "required").ToHashSet(StringComparer.Ordinal);
        var names = Identifiers.TakenInRecord(to.Name);
        foreach (var property in Properties(schema))
        {
            // What declares nothing but true can have no description
            var described = property.Value.ValueKind == JsonValueKind.Object ? property.Value : default;
            to.Members.Add(new(
                property.Name, Identifiers.Take(Identifiers.Pascal(property.Name), names),
                Read(property.Value, $"{pointer}/properties/{Escape(property.Name)}", $"{to.Name}{Identifiers.Pascal(property.Name).TrimStart('_')}", depth + 1),
                required.Contains(property.Name))
            {
                Description = Text(described, "description"),
                Default = Get(described, "default") is { ValueKind: not JsonValueKind.Null } value ? value.GetRawText() : null,
            });
        }
    }

    ArgumentType Read(JsonElement schema, string pointer, string suggested, int depth)
    {
        if (schema.ValueKind != JsonValueKind.Object || depth > MaxDepth)
        {
            return new(ArgumentKind.Any, IsNullable: true);
        }
        if (Text(schema, "$ref") is { } reference)
        {
            return Resolve(reference) is { } target ? Read(target, reference[1..], suggested, depth + 1) : new(ArgumentKind.Any, IsNullable: true);
        }
        var isNullable = Get(schema, "nullable")?.ValueKind == JsonValueKind.True;
        foreach (var member in (string[])["anyOf", "oneOf"])
        {
            if (Get(schema, member) is { ValueKind: JsonValueKind.Array } options)
            {
                return ReadOptions(options, $"{pointer}/{member}", suggested, depth, isNullable);
            }
        }
        var words = Texts(schema, "type").ToList();
        isNullable |= words.Remove("null");
        if ((Get(schema, "enum") ?? Get(schema, "const")) is { } values)
        {
            return ReadWords(values, schema, pointer, suggested, isNullable);
        }
        return words switch
        {
            ["string"] => new(Format(schema), isNullable),
            ["boolean"] => new(ArgumentKind.Flag, isNullable),
            ["integer"] => new(Integer(schema), isNullable),
            ["number"] => new(Bound(schema, "maximum") == (double)decimal.MaxValue ? ArgumentKind.DecimalNumber : ArgumentKind.Number, isNullable),
            ["array"] => new(ArgumentKind.List, isNullable)
            {
                Elements = Get(schema, "items") is { } items && Get(schema, "prefixItems") is null
                    ? Read(items, $"{pointer}/items", $"{suggested}Item", depth + 1)
                    : new(ArgumentKind.Any, IsNullable: true),
            },
            ["object"] => ReadObject(schema, pointer, suggested, depth, isNullable),
            [] when Properties(schema).Any() => ReadObject(schema, pointer, suggested, depth, isNullable),
            _ => new(ArgumentKind.Any, IsNullable: true),
        };
    }

    /// <summary>One type that may be null. Several types are any JSON.</summary>
    ArgumentType ReadOptions(JsonElement options, string pointer, string suggested, int depth, bool isNullable)
    {
        var others = options.EnumerateArray().Select((x, n) => (Schema: x, Index: n)).Where(x => Text(x.Schema, "type") != "null").ToList();
        isNullable |= others.Count < options.GetArrayLength();
        if (others is not [var only])
        {
            return new(ArgumentKind.Any, IsNullable: true);
        }
        var type = Read(only.Schema, $"{pointer}/{only.Index.ToString(CultureInfo.InvariantCulture)}", suggested, depth + 1);
        return isNullable ? type with { IsNullable = true } : type;
    }

    ArgumentType ReadWords(JsonElement values, JsonElement schema, string pointer, string suggested, bool isNullable)
    {
        var all = values.ValueKind == JsonValueKind.Array ? values.EnumerateArray().ToList() : [values];
        isNullable |= all.RemoveAll(x => x.ValueKind == JsonValueKind.Null) > 0;
        if (all.Count == 0 || all.Exists(x => x.ValueKind != JsonValueKind.String))
        {
            return all.Count > 0 && all.TrueForAll(x => x.ValueKind == JsonValueKind.Number)
                ? new(all.TrueForAll(x => x.TryGetInt64(out _)) ? ArgumentKind.LongInteger : ArgumentKind.Number, isNullable)
                : new(ArgumentKind.Any, IsNullable: true);
        }
        if (all.Exists(x => x.GetString() is var word && (word!.Length == 0 || word.Length != word.Trim().Length)))
        {
            // These cannot be the names of enum members
            return new(ArgumentKind.Text, isNullable);
        }
        if (!byPointer.TryGetValue(pointer, out var declared))
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            declared = Declare(pointer, new(Identifiers.Take(suggested, taken))
            {
                Description = Text(schema, "description"),
                Words = [.. all.Select(x => x.GetString()!).Distinct().Select(x => (x, Identifiers.Take(Identifiers.Pascal(x), names)))],
            });
        }
        return new(ArgumentKind.Declared, isNullable) { Declared = declared };
    }

    ArgumentType ReadObject(JsonElement schema, string pointer, string suggested, int depth, bool isNullable)
    {
        if (!byPointer.TryGetValue(pointer, out var declared))
        {
            if (!Properties(schema).Any())
            {
                return Get(schema, "additionalProperties") is { ValueKind: JsonValueKind.Object } others
                    ? new(ArgumentKind.Map, isNullable) { Elements = Read(others, $"{pointer}/additionalProperties", $"{suggested}Value", depth + 1) }
                    : new(ArgumentKind.AnyObject, isNullable);
            }
            var last = pointer[(pointer.LastIndexOf('/') + 1)..];
            var wanted = pointer.StartsWith("/$defs/", StringComparison.Ordinal) ? $"{name}{Identifiers.Pascal(last).TrimStart('_')}" : suggested;
            declared = Declare(pointer, new(Identifiers.Take(wanted, taken)) { Description = Text(schema, "description"), IsOpen = IsOpen(schema) });
            AddMembers(declared, schema, pointer, depth);
        }
        return new(ArgumentKind.Declared, isNullable) { Declared = declared };
    }

    DeclaredType Declare(string pointer, DeclaredType type)
    {
        types[type.Name] = byPointer[pointer] = type;
        return type;
    }

    /// <summary>What a reference within the schema leads to; null for any other.</summary>
    JsonElement? Resolve(string reference)
    {
        if (!reference.StartsWith('#'))
        {
            return null;
        }
        var at = root;
        foreach (var part in reference[1..].Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var member = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (Get(at, member) is { } inner)
            {
                at = inner;
            }
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(member, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < at.GetArrayLength())
            {
                at = at[index];
            }
            else
            {
                return null;
            }
        }
        return at;
    }

    static ArgumentKind Format(JsonElement schema) => Text(schema, "format") switch
    {
        "date-time" => ArgumentKind.Moment,
        "date" => ArgumentKind.Day,
        "time" => ArgumentKind.TimeOfDay,
        "uuid" => ArgumentKind.Uuid,
        "uri" => ArgumentKind.Address,
        _ => ArgumentKind.Text,
    };

    static ArgumentKind Integer(JsonElement schema)
    {
        var (least, most) = (Bound(schema, "minimum"), Bound(schema, "maximum"));
        return most > ulong.MaxValue || least < long.MinValue ? ArgumentKind.AnyInteger
            : most > long.MaxValue && least >= 0 ? ArgumentKind.UnsignedLongInteger
            : most <= int.MaxValue && least >= int.MinValue ? ArgumentKind.Integer
            : ArgumentKind.LongInteger;
    }

    static double? Bound(JsonElement schema, string member) => Get(schema, member) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : null;

    /// <summary>What says nothing about its members may have any.</summary>
    static bool IsOpen(JsonElement schema) => Get(schema, "additionalProperties") is { } others
        ? others.ValueKind != JsonValueKind.False
        : !Properties(schema).Any();

    static JsonElement.ObjectEnumerator Properties(JsonElement schema) =>
        Get(schema, "properties") is { ValueKind: JsonValueKind.Object } members ? members.EnumerateObject() : default;

    static IEnumerable<string> Texts(JsonElement schema, string member) => Get(schema, member) switch
    {
        { ValueKind: JsonValueKind.String } text => [text.GetString()!],
        { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Where(x => x.ValueKind == JsonValueKind.String).Select(x => x.GetString()!),
        _ => [],
    };

    static string? Text(JsonElement schema, string member) => Get(schema, member) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    static JsonElement? Get(JsonElement schema, string member) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(member, out var value) ? value : null;

    static string Escape(string member) => member.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
