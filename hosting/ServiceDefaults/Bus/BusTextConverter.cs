using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>
/// Reads strings of bus messages. Invalid characters are replaced by U+FFFD, because they would make the whole message unreadable.
/// </summary>
sealed class BusTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? Text(in reader) : throw new JsonException($"Expected a string; got {reader.TokenType}");

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Text(in reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);

    static string Text(ref readonly Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Repair(in reader);
        }
    }

    static string Repair(ref readonly Utf8JsonReader reader)
    {
        var raw = new byte[reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length];
        if (reader.HasValueSequence)
        {
            System.Buffers.BuffersExtensions.CopyTo(reader.ValueSequence, raw);
        }
        else
        {
            reader.ValueSpan.CopyTo(raw);
        }
        UnpairedSurrogates.Replace(raw);
        // Decoding and encoding replaces bytes that are not UTF-8
        var again = new Utf8JsonReader(Encoding.UTF8.GetBytes($"\"{Encoding.UTF8.GetString(raw)}\""));
        again.Read();
        return again.GetString()!;
    }
}
