using System.Diagnostics.CodeAnalysis;

namespace JobSystem.Scheduler.Timing;

/// <summary>IANA time zones, by name.</summary>
static class Zones
{
    public const string Utc = "UTC";
    public const string Expected = "the name of an IANA time zone, such as Europe/Berlin or UTC";
    const int MaxLength = 64;

    public static bool TryFind(string name, [NotNullWhen(true)] out TimeZoneInfo? zone)
    {
        zone = null;
        return name.Length is > 0 and <= MaxLength
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+')
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone);
    }
}
