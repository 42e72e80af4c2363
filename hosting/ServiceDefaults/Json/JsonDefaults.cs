using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>JSON options for HTTP: snake_case, unknown and duplicate members refused, times in UTC with <c>Z</c>.</summary>
public static class JsonDefaults
{
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
        options.Converters.Add(new UtcTimeConverter());
    }
}

/// <summary>
/// Writes UTC with <c>Z</c>; reads any RFC 3339 time, and takes one without an offset as UTC rather than as the server's local time.
/// </summary>
public sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetDateTime(out var time))
        {
            throw new JsonException("Expected a time such as 2030-01-31T12:00:00Z.");
        }

        return time.Kind == DateTimeKind.Unspecified ? new(time, TimeSpan.Zero) : new DateTimeOffset(time).ToUniversalTime();
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime);
}
