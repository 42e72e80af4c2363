using System.Buffers;
using System.Text.Json;
using MassTransit.Serialization;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>
/// Lists go over the bus in messages of about 1 MiB. Brokers close the channel of a sender whose message is too large (RabbitMQ 4: 16 MiB),
/// and the memory of all who handle it grows with it.
/// </summary>
public static class MessageSize
{
    public const int Limit = 1 << 20;

    /// <summary>Serialized size of an item. Throws if it cannot be serialized.</summary>
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

    /// <summary>Splits items into parts below the size limit, in order; a larger item is a part of its own.</summary>
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

    /// <summary>A stream that counts and discards what is written.</summary>
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
