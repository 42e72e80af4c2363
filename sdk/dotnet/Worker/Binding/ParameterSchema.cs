using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;

namespace JobSystem.Worker.Binding;

/// <summary>The JSON Schema of a task's arguments. The order of its properties is the order of the positional arguments.</summary>
static class ParameterSchema
{
    static readonly JsonSchemaExporterOptions exporter = new() { TreatNullObliviousAsNonNullable = true };

    public static JsonElement Of(IReadOnlyList<TaskParameter> parameters, bool anyArguments)
    {
        var schema = new JsonObject { ["type"] = "object" };
        if (parameters.Count > 0)
        {
            schema["properties"] = new JsonObject(parameters.Select(x => KeyValuePair.Create(x.Name, (JsonNode?)Describe(x))));
        }
        if (parameters.Any(x => x.IsRequired))
        {
            schema["required"] = new JsonArray([.. parameters.Where(x => x.IsRequired).Select(x => (JsonNode)x.Name)]);
        }
        schema["additionalProperties"] = anyArguments;
        return JsonSerializer.SerializeToElement(schema);
    }

    static JsonObject Describe(TaskParameter parameter)
    {
        // The exporter writes `true` for "anything", which has no room for a description
        var schema = WorkerJson.Arguments.GetJsonSchemaAsNode(parameter.Type, exporter) as JsonObject ?? [];
        if (parameter.IsNullable && schema["type"] is JsonValue single)
        {
            schema["type"] = new JsonArray(single.DeepClone(), "null");
        }
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
}
