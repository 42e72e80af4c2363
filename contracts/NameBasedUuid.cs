namespace JobSystem.Contracts;

/// <summary>UUIDs that follow from their input, so that everyone who has the input computes the same id.</summary>
public static class NameBasedUuid
{
    /// <summary>A version-8 UUID (RFC 9562) of the first 16 bytes of a hash.</summary>
    /// <param name="hash">A cryptographic hash of at least 16 bytes, such as SHA-256.</param>
    public static Guid FromHash(ReadOnlySpan<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[16];
        hash[..16].CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
