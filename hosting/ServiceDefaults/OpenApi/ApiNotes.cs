using System.Reflection;
using System.Text.Json.Nodes;

namespace JobSystem.ServiceDefaults.OpenApi;

/// <summary>
/// What the routes cannot say about themselves, since they read and write JSON by hand: parameters, schemas and answers, from the files
/// <c>*.openapi.json</c> of the services. They are OpenAPI with a few abbreviations: <c>"$ref": "Job"</c> is a schema by its name,
/// <c>"Job[]"</c> an array of it; objects take no further members unless they say so; every member of an answer is there unless it is
/// <c>optional</c>; members of a body that are not <c>required</c> may be null unless the body is <c>strict</c>; <c>extends</c> takes over
/// the members of another schema.
/// </summary>
sealed class ApiNotes
{
    const string Suffix = ".openapi.json";
    static readonly string[] order = [.. Load([]).Tags.Keys];
    readonly Dictionary<string, JsonObject> sources = [];

    public Dictionary<string, JsonObject> Operations { get; } = [];
    public Dictionary<string, JsonObject> Parameters { get; } = [];
    public Dictionary<string, JsonObject> PathParameters { get; } = [];
    public Dictionary<string, JsonObject> Schemas { get; } = [];
    public Dictionary<string, string> Tags { get; } = [];

    /// <summary>Order of tags in the document.</summary>
    public static int Place(string tag) => Array.IndexOf(order, tag);

    public static ApiNotes Load(IEnumerable<Assembly> assemblies)
    {
        var notes = new ApiNotes();
        var files = assemblies.Prepend(typeof(ApiNotes).Assembly).Distinct()
            .SelectMany(x => x.GetManifestResourceNames().Where(name => name.EndsWith(Suffix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal).Select(name => Read(x, name)))
            .ToList();
        foreach (var file in files)
        {
            Collect(file, "operations", notes.Operations);
            Collect(file, "parameters", notes.Parameters);
            Collect(file, "path", notes.PathParameters);
            Collect(file, "answers", notes.sources);
            Collect(file, "bodies", notes.sources);
            foreach (var (name, text) in file["tags"]?.AsObject() ?? [])
            {
                notes.Tags.Add(name, text!.GetValue<string>());
            }
        }
        foreach (var file in files)
        {
            notes.Complete(file, "answers", Answer);
            notes.Complete(file, "bodies", Body);
        }
        return notes;
    }

    static JsonObject Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        return JsonNode.Parse(stream)!.AsObject();
    }

    static void Collect(JsonObject file, string section, Dictionary<string, JsonObject> into)
    {
        foreach (var (name, value) in file[section]?.AsObject() ?? [])
        {
            into.Add(name, value!.AsObject());
        }
    }

    void Complete(JsonObject file, string section, Action<JsonObject> finish)
    {
        foreach (var (name, _) in file[section]?.AsObject() ?? [])
        {
            var schema = Extended(name);
            if (schema.ContainsKey("properties"))
            {
                finish(schema);
            }
            Schemas.Add(name, Expand(schema).AsObject());
        }
    }

    JsonObject Extended(string name)
    {
        var schema = sources[name].DeepClone().AsObject();
        if (schema["extends"] is not { } parent)
        {
            return schema;
        }
        var properties = Extended(parent.GetValue<string>())["properties"]!.DeepClone().AsObject();
        foreach (var (member, value) in schema["properties"]?.AsObject() ?? [])
        {
            properties[member] = value!.DeepClone();
        }
        schema.Remove("extends");
        schema["properties"] = properties;
        return schema;
    }

    static void Answer(JsonObject schema)
    {
        var optional = Words(schema, "optional");
        schema["required"] = new JsonArray(
            [.. schema["properties"]!.AsObject().Select(x => x.Key).Except(optional).Select(x => (JsonNode)x)]);
        schema.Remove("optional");
        Close(schema);
    }

    static void Body(JsonObject schema)
    {
        var required = Words(schema, "required");
        if (schema["strict"] is null)
        {
            foreach (var (member, value) in schema["properties"]!.AsObject().Where(x => !required.Contains(x.Key)).ToList())
            {
                schema["properties"]![member] = OrNull(value!.AsObject());
            }
        }
        schema.Remove("strict");
        Close(schema);
    }

    static string[] Words(JsonObject schema, string name) => [.. (schema[name]?.AsArray() ?? []).Select(x => x!.GetValue<string>())];

    static void Close(JsonObject schema)
    {
        schema["type"] ??= "object";
        schema["additionalProperties"] ??= false;
        if (schema["required"] is JsonArray { Count: 0 })
        {
            schema.Remove("required");
        }
    }

    static JsonObject OrNull(JsonObject schema)
    {
        schema = schema.DeepClone().AsObject();
        if (schema["type"] is JsonValue type)
        {
            schema["type"] = new JsonArray(type.GetValue<string>(), "null");
            (schema["enum"] as JsonArray)?.Add((JsonNode?)null);
            return schema;
        }
        return schema.ContainsKey("$ref")
            ? new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) }
            : schema;
    }

    /// <summary>Names of schemas become references, examples become the array that JSON Schema has.</summary>
    public static JsonNode Expand(JsonNode node)
    {
        if (node is JsonArray array)
        {
            return new JsonArray([.. array.Select(x => x is null ? null : Expand(x))]);
        }
        if (node is not JsonObject given)
        {
            return node.DeepClone();
        }
        var expanded = new JsonObject();
        foreach (var (name, value) in given)
        {
            (string Name, JsonNode? Value) member = (name, value) switch
            {
                ("$ref", JsonValue) => (name, $"#/components/schemas/{value.GetValue<string>()}"),
                ("example", _) when given.ContainsKey("type") || given.ContainsKey("description") || given.ContainsKey("anyOf") =>
                    ("examples", new JsonArray(value?.DeepClone())),
                ("default" or "examples" or "enum", _) => (name, value?.DeepClone()),
                _ => (name, value is null ? null : Expand(value)),
            };
            expanded.Add(member.Name, member.Value);
        }
        return expanded;
    }
}
