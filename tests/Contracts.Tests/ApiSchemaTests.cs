using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using JobSystem.Api;

namespace JobSystem.Contracts.Tests;

/// <summary>The records of JobSystem.Api and the schemas of docs/openapi.json are the same: members, types, null, words, what is required.</summary>
public sealed class ApiSchemaTests
{
    static readonly JsonObject document = JsonNode.Parse(SourceTree.Read("docs/openapi.json"))!.AsObject();

    [Fact]
    public void Records_Match_TheSchemas()
    {
        var schemas = new SchemaComparison(document["components"]!["schemas"]!.AsObject());
        schemas.CompareAll(ApiJson.Default);
        schemas.CompareAll(ApiRequestJson.Default);
        Assert.True(schemas.Faults.Count == 0, string.Join('\n', schemas.Faults));
    }

    [Fact]
    public void Schemas_OfTheCanonicalSurface_AllHaveARecord()
    {
        var schemas = new SchemaComparison(document["components"]!["schemas"]!.AsObject());
        schemas.CompareAll(ApiJson.Default);
        schemas.CompareAll(ApiRequestJson.Default);
        Assert.Equal(Canonical().Order(), schemas.Compared.Order());
    }

    [Fact]
    public void Records_All_BelongToAResponseOrRequest()
    {
        var schemas = new SchemaComparison(document["components"]!["schemas"]!.AsObject());
        schemas.CompareAll(ApiJson.Default);
        schemas.CompareAll(ApiRequestJson.Default);
        var records = typeof(Job).Assembly.GetExportedTypes().Where(x => x is { IsClass: true, IsAbstract: false, IsGenericTypeDefinition: false } && x.GetMethod("<Clone>$") is not null);
        Assert.Empty(records.Except(schemas.Types).Select(x => x.Name));
    }

    /// <summary>The objects that operations below <c>/api/v1</c> refer to, and those that they refer to.</summary>
    static HashSet<string> Canonical()
    {
        var found = new HashSet<string>();
        var open = new Queue<string>(document["paths"]!.AsObject().Where(x => x.Key.StartsWith("/api/v1/", StringComparison.Ordinal)).SelectMany(x => References(x.Value)).Append("Problem"));
        while (open.TryDequeue(out var name))
        {
            if (found.Add(name))
            {
                foreach (var next in References(document["components"]!["schemas"]![name]))
                {
                    open.Enqueue(next);
                }
            }
        }
        found.RemoveWhere(x => document["components"]!["schemas"]![x]!["properties"] is null);
        return found;
    }

    static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(x => x.Key == "$ref" && x.Value is JsonValue to && to.GetValue<string>().StartsWith(SchemaComparison.Prefix, StringComparison.Ordinal)
            ? [to.GetValue<string>()[SchemaComparison.Prefix.Length..]] : References(x.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}

/// <summary>Compares records with schemas, beginning with those that a serializer context names.</summary>
sealed class SchemaComparison(JsonObject schemas)
{
    public const string Prefix = "#/components/schemas/";
    readonly NullabilityInfoContext nullability = new();

    public List<string> Faults { get; } = [];

    /// <summary>Names of the schemas that a record was compared with.</summary>
    public HashSet<string> Compared { get; } = [];
    public HashSet<Type> Types { get; } = [];

    public void CompareAll(JsonSerializerContext context)
    {
        foreach (var root in context.GetType().GetCustomAttributesData().Where(x => x.AttributeType == typeof(JsonSerializableAttribute)).Select(x => (Type)x.ConstructorArguments[0].Value!))
        {
            Compare(context, NameOf(root), root);
        }
    }

    static string NameOf(Type type)
    {
        var record = type.IsGenericType ? type.GetGenericArguments()[0] : type;
        var given = record.GetCustomAttribute<SchemaAttribute>(inherit: false) ?? new(record.Name);
        return type.IsGenericType ? given.Page : given.Name;
    }

    void Compare(JsonSerializerContext context, string name, Type type)
    {
        if (!Compared.Add(name))
        {
            return;
        }
        if (schemas[name] is JsonObject schema)
        {
            CompareMembers(context, name, schema, type);
        }
        else
        {
            Faults.Add($"{type.Name}: the document has no schema {name}");
        }
    }

    void CompareMembers(JsonSerializerContext context, string at, JsonObject schema, Type type)
    {
        Types.Add(type);
        var described = schema["properties"]!.AsObject();
        var required = (schema["required"]?.AsArray() ?? []).Select(x => x!.GetValue<string>()).ToHashSet();
        var members = context.GetTypeInfo(type)!.Properties.Where(x => x.Get is not null).ToDictionary(x => x.Name);
        Faults.AddRange(described.Select(x => x.Key).Except(members.Keys).Select(x => $"{at}.{x}: the record {type.Name} has no such member"));
        Faults.AddRange(members.Keys.Except(described.Select(x => x.Key)).Select(x => $"{at}.{x}: the schema has no such member"));
        foreach (var (name, member) in members.Where(x => described.ContainsKey(x.Key)))
        {
            var property = (PropertyInfo)member.AttributeProvider!;
            var where = $"{at}.{name}";
            Expect(where, "required", required.Contains(name), member.IsRequired);
            var value = new Value(context, where, property.GetCustomAttribute<WordsAttribute>()?.Words, IsBody: context is ApiRequestJson);
            CompareValue(value, described[name]!.AsObject(), property.PropertyType, MayBeNull(property), mustSayNull: required.Contains(name) || value.IsBody);
        }
    }

    /// <param name="mustSayNull">False where a null is not written: then the schema need not allow it.</param>
    void CompareValue(Value value, JsonObject schema, Type type, bool mayBeNull, bool mustSayNull)
    {
        if (schema["anyOf"] is JsonArray options)
        {
            Expect(value.At, "null", options.Any(x => x!["type"] is JsonValue word && word.GetValue<string>() == "null"), mayBeNull);
            CompareValue(value, options[0]!.AsObject(), type, mayBeNull: false, mustSayNull);
            return;
        }
        if (schema["$ref"]?.GetValue<string>() is { } reference)
        {
            CompareReference(value, reference[Prefix.Length..], type, mayBeNull, mustSayNull);
            return;
        }
        var words = TypeWords(schema);
        if (mustSayNull && words.Length > 0)
        {
            Expect(value.At, "null", words.Contains("null"), mayBeNull);
        }
        CompareType(value, schema, words.FirstOrDefault(x => x != "null"), Nullable.GetUnderlyingType(type) ?? type);
    }

    void CompareReference(Value value, string name, Type type, bool mayBeNull, bool mustSayNull)
    {
        var target = schemas[name]!.AsObject();
        if (target["properties"] is null)
        {
            CompareValue(value, target, type, mayBeNull, mustSayNull);
        }
        else if (NameOf(type) != name)
        {
            Faults.Add($"{value.At}: the schema refers to {name}, the record to {type.Name}");
        }
        else
        {
            Compare(value.Context, name, type);
        }
    }

    void CompareType(Value value, JsonObject schema, string? word, Type type)
    {
        var (fits, described) = (word, schema["format"]?.GetValue<string>()) switch
        {
            (null, _) => (type == typeof(RawJson), "any JSON"),
            ("string", "date-time") => (type == typeof(DateTimeOffset), "a time"),
            ("string", "uuid") => (type == typeof(Guid), "a UUID"),
            ("string", _) => (type == typeof(string), "a string"),
            // The counts of all lists are of one type
            ("integer", "int32") => (type == typeof(int) || (type == typeof(long) && value.At.EndsWith("Page.total", StringComparison.Ordinal)), "an int"),
            ("integer", "int64") => (type == typeof(long), "a long"),
            ("number", _) => (type == typeof(double), "a double"),
            ("boolean", _) => (type == typeof(bool), "a bool"),
            ("array", _) => CompareItems(value, schema, type),
            ("object", _) => CompareObject(value, schema, type),
            _ => (false, word),
        };
        if (!fits)
        {
            Faults.Add($"{value.At}: the schema has {described}, the record {type.Name}");
        }
        if (word == "string" && !Words(schema).SequenceEqual(value.Words ?? []))
        {
            Faults.Add($"{value.At}: the schema has the words {string.Join(' ', Words(schema))}; the record {string.Join(' ', value.Words ?? [])}");
        }
    }

    (bool Fits, string Described) CompareItems(Value value, JsonObject schema, Type type)
    {
        if (schema["items"] is not JsonObject { Count: > 0 } items)
        {
            return (type == typeof(RawJson), "an array of any JSON");
        }
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IReadOnlyList<>))
        {
            return (false, "a list");
        }
        CompareValue(value with { At = $"{value.At}[]" }, items, type.GetGenericArguments()[0], mayBeNull: false, mustSayNull: true);
        return (true, "");
    }

    (bool Fits, string Described) CompareObject(Value value, JsonObject schema, Type type)
    {
        if (schema["properties"] is not null)
        {
            CompareMembers(value.Context, value.At, schema, type);
            return (true, "");
        }
        if (schema["additionalProperties"] is not JsonObject values)
        {
            return (type == typeof(RawJson), "any object");
        }
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IReadOnlyDictionary<,>))
        {
            return (false, "a dictionary");
        }
        CompareValue(value with { At = $"{value.At}.*" }, values, type.GetGenericArguments()[1], mayBeNull: false, mustSayNull: true);
        return (true, "");
    }

    bool MayBeNull(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) is not null || nullability.Create(property).ReadState == NullabilityState.Nullable;

    void Expect(string at, string what, bool schema, bool record)
    {
        if (schema != record)
        {
            Faults.Add($"{at}: {what}: {schema} in the schema, {record} in the record");
        }
    }

    static string[] TypeWords(JsonObject schema) => schema["type"] switch
    {
        JsonArray several => [.. several.Select(x => x!.GetValue<string>())],
        JsonValue one => [one.GetValue<string>()],
        _ => [],
    };

    static IEnumerable<string> Words(JsonObject schema) => (schema["enum"]?.AsArray() ?? []).OfType<JsonValue>().Select(x => x.GetValue<string>());

    sealed record Value(JsonSerializerContext Context, string At, IReadOnlyList<string>? Words, bool IsBody);
}
