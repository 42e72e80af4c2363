using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Worker.Binding;

/// <summary>How CLR values look as JSON in arguments and results: snake_case names, enums as snake_case words.</summary>
static class WorkerJson
{
    /// <summary>Strict: an unknown, repeated, missing or null member is the caller's mistake, and they should hear of it.</summary>
    public static readonly JsonSerializerOptions Arguments = Make(new()
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    });

    public static readonly JsonSerializerOptions Results = Make(new());

    public static string NameOf(string clrName) => JsonNamingPolicy.SnakeCaseLower.ConvertName(clrName);

    static JsonSerializerOptions Make(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
