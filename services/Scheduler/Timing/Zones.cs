using System.Diagnostics.CodeAnalysis;

namespace JobSystem.Scheduler.Timing;

/// <summary>IANA time zones, by name.</summary>
static class Zones
{
    public const string Utc = "UTC";
    public const string Expected = "the name of an IANA time zone, such as Europe/Berlin or UTC";
    const int MaxLength = 64;

    /// <summary>
    /// Names in the zone database that are not IANA zones: the local zone, placeholders, and copies with or without leap seconds.
    /// </summary>
    static readonly string[] notZones = ["localtime", "Factory", "posixrules", "posix", "right"];

    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return MayBe(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone) && IsSpelled(zone, name);
    }

    static bool MayBe(string name) =>
        name.Length is > 0 and <= MaxLength
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
        && !name.Contains("//", StringComparison.Ordinal)
        && !notZones.Contains(name.Split('/')[0], StringComparer.OrdinalIgnoreCase);

    /// <summary>Compares the exact spelling, because .NET caches zones case-insensitively until the next restart.</summary>
    static bool IsSpelled(TimeZoneInfo zone, string name) => zone.Id == name || name.Equals(Utc, StringComparison.OrdinalIgnoreCase);
}
