using System.Globalization;
using System.Text.RegularExpressions;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>Parses and formats RFC 3339 times with microseconds. Times without an offset are UTC.</summary>
public static partial class Rfc3339
{
    public const string Expected = "a time such as 2030-01-31T12:00:00Z";

    public static bool TryParse(string text, out DateTimeOffset moment)
    {
        moment = default;
        // The parser alone would take much else, a bare date or a month's name among it
        if (text.Length > 48 || !Syntax().IsMatch(text) || !DateTimeOffset.TryParse(
            text.ToUpperInvariant(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var parsed))
        {
            return false;
        }
        moment = ToMicroseconds(parsed);
        return true;
    }

    public static DateTimeOffset ToMicroseconds(DateTimeOffset moment) =>
        new(moment.UtcTicks - (moment.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    public static string Format(DateTimeOffset moment) =>
        moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Syntax();
}
