using System.Buffers.Binary;
using System.Buffers.Text;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Jobs;

/// <summary>Where a page ended, as an opaque word for the query string.</summary>
static class JobCursors
{
    const int Size = sizeof(long) + 16;

    public static string Write(JobCursor cursor)
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, cursor.CreatedAt.UtcTicks);
        cursor.Id.TryWriteBytes(bytes[sizeof(long)..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    public static JobCursor? Read(QueryReader query)
    {
        JobCursor? cursor = null;
        query.Text("cursor", "the next_cursor of an earlier page", text => (cursor = Parse(text)) is not null);
        return cursor;
    }

    static JobCursor? Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (text.Length != Base64Url.GetEncodedLength(Size) || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var length) || length != Size)
        {
            return null;
        }
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return ticks >= 0 && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[sizeof(long)..], bigEndian: true))
            : null;
    }
}
