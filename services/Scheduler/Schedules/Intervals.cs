using System.Text.Json;
using JobSystem.Api;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Requests;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Parses and writes intervals: <c>{"days": 0, "hours": 1, "minutes": 30, "seconds": 0}</c>. A day has 24 hours.</summary>
static class Intervals
{
    static readonly (string Name, long Seconds)[] units = [("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)];

    public static long? Read(JsonElement value, double maxSeconds, FieldErrors errors)
    {
        const string Expected = "an object of days, hours, minutes and seconds, such as {\"hours\": 1}";
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Expected("interval", Expected, value);
            return null;
        }
        var (total, seen, isValid) = (0L, new HashSet<string>(StringComparer.Ordinal), true);
        foreach (var member in value.EnumerateObject())
        {
            var seconds = ReadMember(member, seen, errors);
            isValid &= seconds is not null;
            total += seconds ?? 0;
        }
        if (isValid && (total <= 0 || total > maxSeconds))
        {
            errors.Expected("interval", $"more than 0 and at most {maxSeconds} seconds in all", $"{total}");
            isValid = false;
        }
        return isValid ? total : null;
    }

    /// <summary>Returns the seconds of one member, 0 for null; null if it is not valid.</summary>
    static long? ReadMember(JsonProperty member, HashSet<string> seen, FieldErrors errors)
    {
        var name = member.TryName(out var given) ? given : "?";
        var unit = Array.Find(units, x => x.Name == name);
        if (unit.Name is null || !seen.Add(name))
        {
            var message = unit.Name is null
                ? "unknown member; expected days, hours, minutes, seconds"
                : "expected once; got more than once";
            errors.Add($"interval.{(name.Length <= 64 ? name : name[..64])}", message);
            return null;
        }
        var count = new FieldReader($"interval.{name}", member.Value, errors).Whole(0, int.MaxValue);
        return count is null && member.Value.ValueKind == JsonValueKind.Null ? 0 : count * unit.Seconds;
    }

    public static ScheduleInterval ToRecord(long seconds) => new()
    {
        Days = seconds / 86_400,
        Hours = seconds % 86_400 / 3_600,
        Minutes = seconds % 3_600 / 60,
        Seconds = seconds % 60,
    };
}
