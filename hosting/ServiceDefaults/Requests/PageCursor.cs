using System.Buffers.Binary;
using System.Buffers.Text;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>The end of a page: the time by which rows are ordered, and the id for equal times.</summary>
public readonly record struct PageEnd<TId>(DateTimeOffset At, TId Id);

/// <summary>The end of a page as an opaque cursor.</summary>
public static class PageCursor
{
    const int GuidSize = 16;

    public static string Write(DateTimeOffset at, Guid id)
    {
        Span<byte> bytes = stackalloc byte[GuidSize];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Encode(at, bytes);
    }

    public static string Write(DateTimeOffset at, long id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, id);
        return Encode(at, bytes);
    }

    public static PageEnd<Guid>? ReadGuid(QueryReader query) => Read(query, GuidSize, id => new Guid(id, bigEndian: true));

    public static PageEnd<long>? ReadNumber(QueryReader query) => Read(query, sizeof(long), BinaryPrimitives.ReadInt64BigEndian);

    static string Encode(DateTimeOffset at, ReadOnlySpan<byte> id)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long) + id.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, at.UtcTicks);
        id.CopyTo(bytes[sizeof(long)..]);
        return Base64Url.EncodeToString(bytes);
    }

    static PageEnd<TId>? Read<TId>(QueryReader query, int idSize, Func<ReadOnlySpan<byte>, TId> readId)
    {
        PageEnd<TId>? end = null;
        query.Text("cursor", "the next_cursor of an earlier page", text => (end = Parse(text, idSize, readId)) is not null);
        return end;
    }

    static PageEnd<TId>? Parse<TId>(string text, int idSize, Func<ReadOnlySpan<byte>, TId> readId)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long) + idSize];
        if (text.Length != Base64Url.GetEncodedLength(bytes.Length) || !Base64Url.IsValid(text)
            || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != bytes.Length)
        {
            return null;
        }
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new(new DateTimeOffset(ticks, TimeSpan.Zero), readId(bytes[sizeof(long)..]))
            : null;
    }
}
