using System.Buffers.Binary;
using System.Buffers.Text;
using JobSystem.ServiceDefaults.Requests;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Where a page ended, as an opaque word for the query string.</summary>
static class ScheduleCursors
{
    const int Size = sizeof(long) + 16;

    public static string Write(DateTimeOffset createdAt, Guid id)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, createdAt.UtcTicks);
        id.TryWriteBytes(bytes[sizeof(long)..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    public static (DateTimeOffset CreatedAt, Guid Id)? Read(QueryReader query)
    {
        (DateTimeOffset, Guid)? cursor = null;
        query.Text("cursor", "the next_cursor of an earlier page", text => (cursor = Parse(text)) is not null);
        return cursor;
    }

    static (DateTimeOffset, Guid)? Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (text.Length != Base64Url.GetEncodedLength(Size) || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != Size)
        {
            return null;
        }
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks ? (new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[sizeof(long)..], bigEndian: true)) : null;
    }
}
