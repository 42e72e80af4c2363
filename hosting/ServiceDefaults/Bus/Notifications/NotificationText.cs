using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace JobSystem.ServiceDefaults.Bus.Notifications;

/// <summary>
/// How a message is written into notifications of PostgreSQL, which have less than 8,000 bytes each: compressed, as base64, cut into parts. The parts of a
/// message are sent in one transaction, so they arrive one after another.
/// </summary>
/// <param name="Instance">The sender.</param>
/// <param name="Number">Of the message, counted by the sender.</param>
/// <param name="Part">Its number, from 0.</param>
/// <param name="Parts">How many there are.</param>
/// <param name="Name">Of the message.</param>
/// <param name="Body">The part.</param>
sealed record NotificationText(Guid Instance, long Number, int Part, int Parts, string Name, string Body)
{
    const int MaxBody = 7_500;

    /// <summary>The parts of a message.</summary>
    public static IReadOnlyList<string> Write(Guid instance, long number, string name, object message)
    {
        var body = Compress(message);
        var parts = Math.Max(1, (body.Length + MaxBody - 1) / MaxBody);
        return
        [
            .. Enumerable.Range(0, parts).Select(part => string.Create(
                CultureInfo.InvariantCulture, $"{instance:N} {number} {part} {parts} {name} {body.AsSpan(part * MaxBody, Math.Min(MaxBody, body.Length - part * MaxBody))}")),
        ];
    }

    /// <summary>Null for what is none, such as what a later version writes in another way.</summary>
    public static NotificationText? Parse(string text) =>
        text.Split(' ') is [var instance, var number, var part, var parts, var name, var body]
        && Guid.TryParseExact(instance, "N", out var id)
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var counted)
        && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        && int.TryParse(parts, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new(id, counted, index, count, name, body) : null;

    /// <exception cref="JsonException">It is not such a message.</exception>
    public static object Read(string body, Type type)
    {
        try
        {
            using var inflated = new DeflateStream(new MemoryStream(Convert.FromBase64String(body)), CompressionMode.Decompress);
            return JsonSerializer.Deserialize(inflated, type) ?? throw new JsonException("null is not a message");
        }
        catch (Exception exception) when (exception is FormatException or InvalidDataException)
        {
            throw new JsonException(exception.Message, exception);
        }
    }

    static string Compress(object message)
    {
        var bytes = new MemoryStream();
        using (var deflated = new DeflateStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            JsonSerializer.Serialize(deflated, message, message.GetType());
        }
        return Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
