using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Api;

/// <summary>
/// Any JSON value, kept as its text. What a caller handed in or a task returned is stored as text and goes out as that text, without being
/// parsed again; a reader parses it when it needs it. The default value is JSON's <c>null</c>.
/// </summary>
[JsonConverter(typeof(RawJsonConverter))]
public readonly struct RawJson : IEquatable<RawJson>
{
    const string Null = "null";
    readonly string? text;

    /// <summary>Wraps a text that is known to be one well-formed JSON value. It is not checked.</summary>
    public RawJson(string? text) => this.text = text;

    /// <summary>An array without items.</summary>
    public static RawJson EmptyArray { get; } = new("[]");

    /// <summary>An object without members.</summary>
    public static RawJson EmptyObject { get; } = new("{}");

    /// <summary>True for JSON's <c>null</c>.</summary>
    public bool IsNull => text is null or Null;

    /// <summary>Serializes a value.</summary>
    public static RawJson From<T>(T value, JsonTypeInfo<T> type) => new(JsonSerializer.Serialize(value, type));

    /// <summary>Takes the text of a parsed value.</summary>
    public static RawJson From(JsonElement value) => new(value.GetRawText());

    /// <summary>Checks that a text is one well-formed JSON value, and wraps it.</summary>
    /// <exception cref="JsonException">It is not.</exception>
    public static RawJson FromText(string text) => From(JsonElement.Parse(text));

    /// <summary>Parses the text.</summary>
    public JsonElement Parse() => JsonElement.Parse(ToString());

    /// <summary>Parses the text as a value of a type.</summary>
    /// <exception cref="JsonException">The value does not fit the type.</exception>
    public T? Deserialize<T>(JsonTypeInfo<T> type) => JsonSerializer.Deserialize(ToString(), type);

    /// <summary>The JSON text.</summary>
    public override string ToString() => text ?? Null;

    /// <summary>True if both have the same text; <c>{"a":1}</c> and <c>{ "a": 1 }</c> differ.</summary>
    public bool Equals(RawJson other) => string.Equals(ToString(), other.ToString(), StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RawJson other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>Compares the texts.</summary>
    public static bool operator ==(RawJson left, RawJson right) => left.Equals(right);

    /// <summary>Compares the texts.</summary>
    public static bool operator !=(RawJson left, RawJson right) => !left.Equals(right);
}

/// <summary>Writes the text as it is, and keeps the text that it reads.</summary>
public sealed class RawJsonConverter : JsonConverter<RawJson>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var value = JsonDocument.ParseValue(ref reader);
        return RawJson.From(value.RootElement);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ToString(), skipInputValidation: true);
}
