using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace JobSystem.ServiceDefaults.ApiKeys;

/// <summary>Format of API keys: <c>jsk_</c> and 256 random bits. Only their SHA-256 is stored.</summary>
public static class ApiKey
{
    public const string Start = "jsk_";
    const int RandomBytes = 32;
    const int Length = 4 + (2 * RandomBytes);
    const int PrefixLength = 12;
    static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    public static string Create() => Start + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Anything else cannot be a key and is refused without a look-up.</summary>
    public static bool IsWellFormed(string key) =>
        key.Length == Length && key.StartsWith(Start, StringComparison.Ordinal) && key.AsSpan(Start.Length).IndexOfAnyExcept(Hex) < 0;

    /// <summary>Length of the visible prefix: enough to distinguish keys, too short to guess them.</summary>
    public static string Prefix(string key) => key[..PrefixLength];

    /// <summary>Keys have enough entropy for a single fast hash.</summary>
    public static string Hash(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HashOf(key, hash);
        return Convert.ToHexStringLower(hash);
    }

    internal static void HashOf(ReadOnlySpan<char> text, Span<byte> hash)
    {
        const int Small = 512;
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        var bytes = most <= Small ? stackalloc byte[Small] : new byte[most];
        SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(text, bytes)], hash);
    }
}
