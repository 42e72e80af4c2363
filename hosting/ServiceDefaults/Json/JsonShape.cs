using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>Inspects JSON without deserializing it.</summary>
public static class JsonShape
{
    static readonly SearchValues<byte> structure = SearchValues.Create("\"[]{}"u8);

    /// <summary>The first duplicate member name; null if there is none.</summary>
    public static string? RepeatedName(JsonElement value, int count)
    {
        const int few = 8;
        if (count <= few && !HasRepeatedBytes(value, out var escaped) && !escaped)
        {
            return null;
        }
        var seen = new HashSet<string>(count, StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject())
        {
            if (!member.TryName(out var given) || !seen.Add(given))
            {
                return given;
            }
        }
        return null;
    }

    /// <summary>Compares member names as UTF-8 without allocating strings, unless they contain escapes.</summary>
    static bool HasRepeatedBytes(JsonElement value, out bool escaped)
    {
        escaped = false;
        var position = 0;
        foreach (var member in value.EnumerateObject())
        {
            var given = JsonMarshal.GetRawUtf8PropertyName(member);
            escaped |= given.Contains((byte)'\\');
            var before = position++;
            foreach (var other in value.EnumerateObject())
            {
                if (before-- == 0)
                {
                    break;
                }
                if (given.SequenceEqual(JsonMarshal.GetRawUtf8PropertyName(other)))
                {
                    return true;
                }
            }
        }
        return false;
    }

    /// <summary>Nesting depth of valid JSON.</summary>
    public static int Nesting(ReadOnlySpan<byte> json)
    {
        var (depth, deepest) = (0, 0);
        for (var at = json.IndexOfAny(structure); at >= 0; at = json.IndexOfAny(structure))
        {
            var found = json[at];
            json = json[(at + 1)..];
            if (found == '"')
            {
                json = AfterString(json);
            }
            else if (found is (byte)'[' or (byte)'{')
            {
                deepest = Math.Max(deepest, ++depth);
            }
            else
            {
                depth--;
            }
        }
        return deepest;
    }

    static ReadOnlySpan<byte> AfterString(ReadOnlySpan<byte> json)
    {
        var at = json.IndexOfAny((byte)'"', (byte)'\\');
        while (json[at] == '\\')
        {
            json = json[(at + 2)..];
            at = json.IndexOfAny((byte)'"', (byte)'\\');
        }
        return json[(at + 1)..];
    }

    /// <summary>False if the value is not a string or not valid Unicode (unpaired surrogates).</summary>
    public static bool TryText(this JsonElement value, out string text)
    {
        text = "";
        if (value.ValueKind != JsonValueKind.String)
        {
            return false;
        }
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    public static bool TryName(this JsonProperty member, out string name)
    {
        try
        {
            name = member.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = "";
            return false;
        }
    }
}
