using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>What issued API keys look like: <c>jsk_</c> and 256 random bits. Only their SHA-256 is ever kept.</summary>
public static class ApiKey
{
    public const string Start = "jsk_";
    private const int RandomBytes = 32;
    private const int Length = 4 + (2 * RandomBytes);
    private const int PrefixLength = 12;
    private static readonly SearchValues<char> Hex = SearchValues.Create("0123456789abcdef");

    public static string Create() => Start + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>What else is sent cannot be a key, and nobody needs to be asked about it.</summary>
    public static bool IsWellFormed(string key) =>
        key.Length == Length && key.StartsWith(Start, StringComparison.Ordinal) && key.AsSpan(Start.Length).IndexOfAnyExcept(Hex) < 0;

    /// <summary>Enough for people to tell keys apart, far too little to guess the rest.</summary>
    public static string Prefix(string key) => key[..PrefixLength];

    /// <summary>A key has all its strength by itself, so that one quick hash is enough.</summary>
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
