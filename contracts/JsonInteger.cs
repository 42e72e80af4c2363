using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace JobSystem.Contracts;

/// <summary>Integers as JSON Schema has them: <c>1</c>, <c>1.0</c> and <c>1e2</c> are, <c>1.5</c> is not.</summary>
static class JsonInteger
{
    /// <summary>Digits that an exponent may add: <c>1e999999999</c> would fill the memory.</summary>
    const int MaxZeros = 1000;

    public static bool TryRead(JsonElement number, out BigInteger value) => TryRead(JsonMarshal.GetRawUtf8Value(number), out value);

    public static bool TryRead(ReadOnlySpan<byte> number, out BigInteger value)
    {
        value = default;
        var text = Encoding.ASCII.GetString(number);
        var (mantissa, exponent) = (text, 0);
        if (text.AsSpan().IndexOfAny('e', 'E') is >= 0 and var e)
        {
            mantissa = text[..e];
            if (!int.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                || Math.Abs((long)exponent) > MaxZeros + text.Length)
            {
                return false;
            }
        }
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = point < 0 ? mantissa : string.Concat(mantissa.AsSpan(0, point), mantissa.AsSpan(point + 1));
        var shift = exponent - (point < 0 ? 0 : mantissa.Length - point - 1);
        if (shift < 0)
        {
            var kept = digits.TrimEnd('0');
            // All digits after the point must be zeros
            if (digits.Length - kept.Length < -shift && kept.TrimStart('-').Length > 0)
            {
                return false;
            }
            digits = kept.TrimStart('-').Length == 0 ? "0" : digits[..^-shift];
        }
        if (!BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return false;
        }
        value *= shift > 0 ? BigInteger.Pow(10, shift) : 1;
        return true;
    }
}
