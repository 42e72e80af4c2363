using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Worker.Binding;

/// <summary>The JSON Schema of a task's arguments. The order of its properties is the order of the positional arguments.</summary>
static class ParameterSchema
{
    static readonly JsonSchemaExporterOptions exporter =
        new() { TransformSchemaNode = (context, node) => Complete(context.TypeInfo, node) };

    public static JsonElement Create(IReadOnlyList<TaskParameter> parameters, bool anyArguments)
    {
        var schema = new JsonObject { ["type"] = "object" };
        if (parameters.Count > 0)
        {
            var properties = parameters.Select(x => KeyValuePair.Create(x.Name, (JsonNode?)MoveReferences(Describe(x), x.Name)));
            schema["properties"] = new JsonObject(properties);
        }
        if (parameters.Any(x => x.IsRequired))
        {
            schema["required"] = new JsonArray([.. parameters.Where(x => x.IsRequired).Select(x => (JsonNode)x.Name)]);
        }
        schema["additionalProperties"] = anyArguments;
        return JsonSerializer.SerializeToElement(schema);
    }

    /// <summary>The schema of one parameter by itself.</summary>
    public static JsonObject Describe(TaskParameter parameter)
    {
        // The exporter writes `true` for any value, which cannot have a description
        var schema = WorkerJson.Arguments.GetJsonSchemaAsNode(parameter.Type, exporter) as JsonObject ?? [];
        SetNullable(schema, parameter.IsNullable);
        if (parameter.Description is { } description)
        {
            schema["description"] = description;
        }
        if (!parameter.IsRequired)
        {
            schema["default"] = JsonSerializer.SerializeToNode(parameter.DefaultValue, WorkerJson.Arguments);
        }
        return schema;
    }

    /// <summary>The schema exporter does not know the nullability of the parameter itself.</summary>
    static void SetNullable(JsonObject schema, bool isNullable)
    {
        if (schema["type"] is not { } type)
        {
            return;
        }
        var words = (type is JsonArray several ? several.Select(x => x!.GetValue<string>()) : [type.GetValue<string>()])
            .Where(x => x != "null").ToList();
        if (isNullable)
        {
            words.Add("null");
        }
        schema["type"] = words.Count == 1 ? words[0] : new JsonArray([.. words.Select(x => (JsonNode)x)]);
    }

    /// <summary>Adds what the schema exporter does not know: types with custom converters, and which members are optional.</summary>
    static JsonNode Complete(JsonTypeInfo type, JsonNode node)
    {
        var bare = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (NumberConverters.IsInteger(bare) || NumberConverters.IsFloat(bare))
        {
            return Number(bare, bare != type.Type, node as JsonObject);
        }
        if (type.Kind == JsonTypeInfoKind.Object && node is JsonObject schema && schema["properties"] is JsonObject)
        {
            var known = type.Properties.ToDictionary(x => x.Name, x => x.IsRequired);
            var required = (schema["required"]?.AsArray().Select(x => x!.GetValue<string>()) ?? []).Where(x => !known.ContainsKey(x))
                .Concat(known.Where(x => x.Value).Select(x => x.Key)).ToArray();
            schema.Remove("required");
            if (required.Length > 0)
            {
                schema["required"] = new JsonArray([.. required.Select(x => (JsonNode)x)]);
            }
        }
        return node;
    }

    static JsonObject Number(Type type, bool isNullable, JsonObject? exported)
    {
        var word = NumberConverters.IsInteger(type) ? "integer" : "number";
        var schema = new JsonObject { ["type"] = isNullable ? new JsonArray(word, "null") : word };
        if (Range(type) is var (least, most))
        {
            (schema["minimum"], schema["maximum"]) = (JsonNode.Parse(least), JsonNode.Parse(most));
        }
        foreach (var (name, value) in (exported ?? []).Where(x => !schema.ContainsKey(x.Key)))
        {
            schema[name] = value?.DeepClone();
        }
        return schema;
    }

    /// <summary>Null if the limit is that of JSON itself.</summary>
    static (string Least, string Most)? Range(Type type) =>
        type == typeof(BigInteger) || type == typeof(double) ? null
        : type == typeof(float) ? (
            float.MinValue.ToString(CultureInfo.InvariantCulture), float.MaxValue.ToString(CultureInfo.InvariantCulture))
        : type == typeof(Half) ? ("-65504", "65504")
        : (Bound(type, "MinValue"), Bound(type, "MaxValue"));

    static string Bound(Type type, string name) =>
        ((IFormattable)(type.GetField(name)?.GetValue(null) ?? type.GetProperty(name)!.GetValue(null))!)
            .ToString(null, CultureInfo.InvariantCulture);

    /// <summary>Adjusts the references of recursive types, because their schema is nested in another one here.</summary>
    static JsonObject MoveReferences(JsonObject schema, string name)
    {
        Move(schema);
        return schema;

        void Move(JsonNode? node)
        {
            if (node is JsonArray items)
            {
                items.ToList().ForEach(Move);
            }
            else if (node is JsonObject members)
            {
                if (members["$ref"] is JsonValue reference && reference.TryGetValue<string>(out var to) && to.StartsWith('#'))
                {
                    var pointer = name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
                    members["$ref"] = $"#/properties/{pointer}{to[1..]}";
                }
                members.Select(x => x.Value).ToList().ForEach(Move);
            }
        }
    }
}
