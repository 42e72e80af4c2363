using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Client.Enqueueing;

/// <summary>How jobs are written and results are read: as workers do, with names and enums in snake_case.</summary>
static class JobJson
{
    /// <summary>Why trimming need not look at a call.</summary>
    public const string OnlyWithReflection = "Called only where reflection is enabled, which trimmed programs have to choose.";

    /// <param name="resolver">What knows the types; null for reflection.</param>
    public static JsonSerializerOptions Create(IJsonTypeInfoResolver? resolver)
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = (resolver ?? Reflection()).WithAddedModifier(LeaveOutComputed),
            Converters = { new BigIntegerConverter() },
        };
        if (RuntimeFeature.IsDynamicCodeSupported)
        {
            options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        }
        options.MakeReadOnly();
        return options;
    }

    /// <exception cref="InvalidOperationException">The resolver does not know the type.</exception>
    public static JsonTypeInfo TypeInfo(JsonSerializerOptions options, Type type) => options.TryGetTypeInfo(type, out var info)
        ? info
        : throw new InvalidOperationException(
            $"The TypeInfoResolver of the JobSystem client does not know {type.Name}: "
            + $"add [JsonSerializable(typeof({type.Name}))] to its JsonSerializerContext.");

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = OnlyWithReflection)]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = OnlyWithReflection)]
    static DefaultJsonTypeInfoResolver Reflection() => JsonSerializer.IsReflectionEnabledByDefault
        ? new DefaultJsonTypeInfoResolver()
        : throw new InvalidOperationException(
            "This program cannot write jobs by reflection: set TypeInfoResolver of the JobSystem client to a JsonSerializerContext "
            + "that has the types of jobs and results.");

    /// <summary>Members that a worker could not set are no arguments: it would refuse them.</summary>
    static void LeaveOutComputed(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (type.Properties[i] is { Set: null, AssociatedParameter: null })
            {
                type.Properties.RemoveAt(i);
            }
        }
    }

    /// <summary>The serializer would write it as an object.</summary>
    sealed class BigIntegerConverter : JsonConverter<BigInteger>
    {
        public override BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var value = JsonDocument.ParseValue(ref reader);
            var text = value.RootElement.GetRawText();
            return BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new JsonException("expected an integer");
        }

        public override void Write(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.ToString(CultureInfo.InvariantCulture));
    }
}
