using System.Buffers;
using System.Text.Json;
using MassTransit.Serialization;

namespace JobSystem.ServiceDefaults;

/// <summary>
/// Lists go over the bus in messages of about 1 MiB. Brokers close the channel of a sender whose message is too large (RabbitMQ 4: 16 MiB),
/// and the memory of all who handle it grows with it.
/// </summary>
public static class MessageSize
{
    public const int Limit = 1 << 20;

    /// <summary>Bytes of the item as part of a message. Throws for what cannot be sent.</summary>
    public static int Measure<T>(T item)
    {
        var bytes = new ByteCount();
        var options = SystemTextJsonMessageSerializer.Options;
        // The writer's encoder decides, not that of the options
        using var writer = new Utf8JsonWriter(bytes, new() { Encoder = options.Encoder });
        JsonSerializer.Serialize(writer, item, options);
        writer.Flush();
        return bytes.Written;
    }

    /// <summary>The items in their order, in parts below the limit; an item that is larger by itself is a part of its own.</summary>
    public static IEnumerable<List<T>> Cut<T>(IEnumerable<T> items, Func<T, int> measure)
    {
        var (part, size) = (new List<T>(), 0);
        foreach (var item in items)
        {
            var bytes = measure(item);
            if (part.Count > 0 && size + bytes > Limit)
            {
                yield return part;
                (part, size) = ([], 0);
            }
            part.Add(item);
            size += bytes;
        }
        if (part.Count > 0)
        {
            yield return part;
        }
    }

    /// <summary>Counts what is written and keeps nothing of it.</summary>
    sealed class ByteCount : IBufferWriter<byte>
    {
        byte[] scratch = new byte[1024];

        public int Written { get; private set; }

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (sizeHint > scratch.Length)
            {
                scratch = new byte[sizeHint];
            }
            return scratch;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
