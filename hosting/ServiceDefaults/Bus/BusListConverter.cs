using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>
/// Reads the lists of bus messages item by item. An item that cannot be read would take the whole message with it, although its neighbours
/// have nothing to do with it: it is left out, and the log says what was wrong. Lists of texts and numbers are one value each, and are read
/// as a whole.
/// </summary>
sealed partial class BusListConverter(ILogger<BusListConverter> logger) : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
        && IsMessagePart(typeToConvert.GenericTypeArguments[0]);

    static bool IsMessagePart(Type item) =>
        item is { IsClass: true, Namespace: { } name } && !name.StartsWith(nameof(System), StringComparison.Ordinal);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Items<>).MakeGenericType(typeToConvert.GenericTypeArguments[0]), this)!;

    [LoggerMessage(1041, LogLevel.Warning, "Skipped {Count} unreadable items of a list of {Type} in a message; item {Index}: {Reason}")]
    partial void LogLeftOut(int count, string type, int index, string? reason);

    sealed class Items<T>(BusListConverter list) : JsonConverter<IReadOnlyList<T>> where T : class
    {
        public override IReadOnlyList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                throw new JsonException($"Expected a list; got {reader.TokenType}");
            }
            var items = new List<T>();
            (int Count, int Index, string? Reason) unreadable = default;
            for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
            {
                if (ReadItem(ref reader, options, out var reason) is { } item)
                {
                    items.Add(item);
                }
                else
                {
                    unreadable = unreadable.Count == 0 ? (1, index, reason) : unreadable with { Count = unreadable.Count + 1 };
                }
            }
            if (unreadable.Count > 0)
            {
                list.LogLeftOut(unreadable.Count, typeof(T).Name, unreadable.Index, unreadable.Reason);
            }
            return items;
        }

        static T? ReadItem(ref Utf8JsonReader reader, JsonSerializerOptions options, out string reason)
        {
            var start = reader;
            reason = "it is null";
            try
            {
                return JsonSerializer.Deserialize<T>(ref reader, options);
            }
            catch (JsonException unreadable)
            {
                reason = unreadable.Message;
                reader = start;
                // The whole value is in memory
                reader.TrySkip();
                return null;
            }
        }

        public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options)
        {
            writer.WriteStartArray();
            foreach (var item in value)
            {
                JsonSerializer.Serialize(writer, item, options);
            }
            writer.WriteEndArray();
        }
    }
}
