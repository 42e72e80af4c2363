using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>
/// Halves of surrogate pairs that JSON writes as escapes, as in <c>"\ud83d"</c>. JSON's grammar allows them, but no text can hold them:
/// reading such a name or value as a text fails, and so does writing it into another document.
/// </summary>
public static class UnpairedSurrogates
{
    const int EscapeLength = 6;

    /// <summary>The first unpaired surrogate as written; null if there is none.</summary>
    /// <param name="json">Known to be well formed.</param>
    public static string? Find(ReadOnlySpan<byte> json) => Next(json, 0) is var at and >= 0 ? Show(json, at) : null;

    /// <summary>The member with the first unpaired surrogate, and the surrogate as written; null if there is none.</summary>
    public static (string Member, string Surrogate)? FindMember(ReadOnlySpan<byte> json)
    {
        var at = Next(json, 0);
        if (at < 0)
        {
            return null;
        }
        var reader = new Utf8JsonReader(json);
        var path = new MemberPath();
        while (reader.Read() && reader.BytesConsumed <= at)
        {
            path.Follow(in reader);
        }
        path.Follow(in reader);
        return (path.Name, Show(json, at));
    }

    /// <summary>Replaces unpaired surrogates by U+FFFD in place.</summary>
    public static void Replace(Span<byte> json)
    {
        for (var at = Next(json, 0); at >= 0; at = Next(json, at + EscapeLength))
        {
            @"\ufffd"u8.CopyTo(json[at..]);
        }
    }

    static string Show(ReadOnlySpan<byte> json, int at) => Encoding.ASCII.GetString(json.Slice(at, EscapeLength));

    static int Next(ReadOnlySpan<byte> json, int from)
    {
        while (json[from..].IndexOf((byte)'\\') is var step and >= 0)
        {
            var at = from + step;
            var unit = Unit(json[at..]);
            if (unit is < 0xD800 or > 0xDFFF)
            {
                from = at + 2;
            }
            else if (unit < 0xDC00 && Unit(json[(at + EscapeLength)..]) is >= 0xDC00 and <= 0xDFFF)
            {
                from = at + (2 * EscapeLength);
            }
            else
            {
                return at;
            }
        }
        return -1;
    }

    /// <summary>The UTF-16 code unit of a leading escape; -1 if there is none.</summary>
    static int Unit(ReadOnlySpan<byte> json) =>
        json.Length >= EscapeLength && json[0] == '\\' && json[1] == 'u'
        && Utf8Parser.TryParse(json.Slice(2, 4), out ushort unit, out var length, 'x') && length == 4 ? unit : -1;
}
