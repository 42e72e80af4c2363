using System.Buffers.Binary;
using System.Security.Cryptography;
using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Computes ids and times of runs, and applies misfire policies.</summary>
static class Runs
{
    /// <summary>More missed ticks than this are not counted one by one.</summary>
    const int MostCounted = 10_000;

    /// <summary>The timing of a stored schedule, which was validated when it was stored.</summary>
    public static ScheduleTiming TimetableOf(ScheduleRow row) => ScheduleTiming(row) with { StartAt = row.StartAt, EndAt = row.EndAt };

    static ScheduleTiming ScheduleTiming(ScheduleRow row)
    {
        if (row.CronExpression is { } text)
        {
            var errors = new List<string>();
            var cron = CronExpression.Parse(text, errors) ?? throw new InvalidOperationException($"schedule {row.Id}: {string.Join("; ", errors)}");
            return new ScheduleTiming.Cron(cron, TimeZoneInfo.FindSystemTimeZoneById(row.Timezone));
        }
        return row.IntervalSeconds is { } seconds
            ? new ScheduleTiming.Interval(TimeSpan.FromSeconds(seconds), row.AnchorAt)
            : new ScheduleTiming.Once(row.RunAt!.Value);
    }

    public static RunRow Of(ScheduleRow row, DateTimeOffset tick, DateTimeOffset now) =>
        new() { ScheduleId = row.Id, Tick = tick, JobId = JobId(row.Id, tick).ToString(), FiredAt = now, SentAt = now };

    /// <summary>A version-8 UUID derived from schedule and tick, so that a tick always gives the same job.</summary>
    public static Guid JobId(Guid schedule, DateTimeOffset tick)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(schedule, tick, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>Fire time of a tick: delayed by a deterministic jitter.</summary>
    public static DateTimeOffset DueAt(ScheduleRow row, DateTimeOffset tick)
    {
        if (row.JitterSeconds <= 0)
        {
            return tick;
        }
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(row.Id, tick, hash);
        var fraction = BinaryPrimitives.ReadUInt32BigEndian(hash[28..]) / (double)uint.MaxValue;
        return tick.AddMilliseconds(Math.Floor(row.JitterSeconds * fraction * 1000));
    }

    static void Hash(Guid schedule, DateTimeOffset tick, Span<byte> hash)
    {
        Span<byte> text = stackalloc byte[16 + sizeof(long)];
        schedule.TryWriteBytes(text, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(text[16..], tick.UtcTicks);
        SHA256.HashData(text, hash);
    }

    /// <summary>Puts the schedule on its first tick after a moment; it is completed when there is none.</summary>
    public static void GoOn(ScheduleRow row, DateTimeOffset? next)
    {
        row.NextTick = next;
        row.NextDueAt = next is { } tick ? DueAt(row, tick) : null;
        row.Status = next is null ? ScheduleStatus.Completed : ScheduleStatus.Active;
    }

    /// <summary>Decides a due schedule: late ticks are subject to the misfire policy, others fire.</summary>
    public static Plan Decide(ScheduleRow row, DateTimeOffset now, SchedulerOptions options)
    {
        var timetable = TimetableOf(row);
        var (due, next, more) = DueTicks(row, timetable, now, options.CatchUp);
        var late = now - DueAt(row, due[0]) > options.Misfire;
        List<DateTimeOffset> fire = (late, row.MisfirePolicy) switch
        {
            (false, _) => due,
            (true, MisfirePolicies.FireAll) => [.. due.TakeLast(options.CatchUp)],
            (true, MisfirePolicies.Skip) => now - DueAt(row, due[^1]) <= options.Misfire ? [due[^1]] : [],
            _ => [due[^1]],
        };
        return new(fire, due.Count - fire.Count + more, due[^1], next);
    }

    /// <summary>The due ticks, at least one; if there are very many, only the latest.</summary>
    static (List<DateTimeOffset> Due, DateTimeOffset? Next, long More) DueTicks(ScheduleRow row, ScheduleTiming timetable, DateTimeOffset now, int newest)
    {
        var due = new List<DateTimeOffset>();
        var tick = row.NextTick;
        for (; tick is { } at && DueAt(row, at) <= now; tick = timetable.Next(at))
        {
            if (due.Count == MostCounted)
            {
                return (Newest(row, timetable, now, newest, out var next), next, MostCounted);
            }
            due.Add(at);
        }
        return (due, tick, 0);
    }

    /// <summary>Looks back from now in windows that grow, until one holds enough ticks.</summary>
    static List<DateTimeOffset> Newest(ScheduleRow row, ScheduleTiming timetable, DateTimeOffset now, int wanted, out DateTimeOffset? next)
    {
        for (var window = TimeSpan.FromMinutes(2); ; window *= 2)
        {
            var found = new List<DateTimeOffset>();
            next = timetable.Next(now - window);
            for (; next is { } at && DueAt(row, at) <= now; next = timetable.Next(at))
            {
                found.Add(at);
            }
            if (found.Count >= wanted)
            {
                return found;
            }
        }
    }
}

/// <summary>The decision about one schedule.</summary>
/// <param name="Fire">Ticks that become jobs, in order.</param>
/// <param name="Missed">How many do not.</param>
/// <param name="Last">The last tick that this is about.</param>
/// <param name="Next">The next one to come; null when there is none.</param>
sealed record Plan(IReadOnlyList<DateTimeOffset> Fire, long Missed, DateTimeOffset Last, DateTimeOffset? Next);
