using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Worker.Binding;

/// <summary>JSON options for arguments and results: snake_case names, enums as snake_case strings.</summary>
static class WorkerJson
{
    /// <summary>Strict: unknown, duplicate, missing or null members are errors of the caller and are reported.</summary>
    public static readonly JsonSerializerOptions Arguments = Create(new()
    {
        Converters = { new NumberConverters() },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    });

    public static readonly JsonSerializerOptions Results = Create(new() { Converters = { new BigIntegerWriter() } });

    public static string NameOf(string clrName) => JsonNamingPolicy.SnakeCaseLower.ConvertName(clrName);

    /// <summary>Nullable members are optional, like nullable parameters.</summary>
    static void MakeNullableOptional(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(x => x.AssociatedParameter is { HasDefaultValue: false }))
        {
            var isNullable = property.IsSetNullable || property.AssociatedParameter!.IsNullable
                || Nullable.GetUnderlyingType(property.PropertyType) is not null;
            property.IsRequired &= !isNullable;
        }
    }

    /// <summary>Types with custom number handling keep the serializer's own converter, which supports it.</summary>
    static void KeepNumberHandling(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(x => x.NumberHandling is not null))
        {
            property.CustomConverter ??= JsonSerializerOptions.Default.GetConverter(property.PropertyType);
        }
    }

    static JsonSerializerOptions Create(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { MakeNullableOptional, KeepNumberHandling } };
        options.MakeReadOnly();
        return options;
    }
}
