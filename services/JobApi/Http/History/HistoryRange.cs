using JobSystem.JobApi.Rollups;

namespace JobSystem.JobApi.Http.History;

/// <summary>Range and step size of a history request.</summary>
sealed record HistoryRange(DateTimeOffset From, DateTimeOffset To, string Step)
{
    const int MostSteps = 2000;
    static readonly string[] steps = ["minute", "hour", "day"];

    public TimeSpan Length => LengthOf(Step);

    /// <summary>The rollups to read; days are computed from hours.</summary>
    public int RollupSeconds => Step == "minute" ? Rollup.Minute : Rollup.Hour;

    public IEnumerable<DateTimeOffset> Steps => Enumerable.Range(0, (int)Math.Ceiling((To - From) / Length)).Select(n => From + (n * Length));

    public static DateTimeOffset Floor(DateTimeOffset at, TimeSpan length) => new(at.UtcTicks - (at.UtcTicks % length.Ticks), TimeSpan.Zero);

    /// <summary>Reads the range of a query; default: the last hour. Null if validation failed.</summary>
    public static HistoryRange? Read(QueryReader query, FieldErrors errors, DateTimeOffset now)
    {
        var to = query.Moment("to") ?? now;
        var from = query.Moment("from") ?? (to > DateTimeOffset.UnixEpoch ? to.AddHours(-1) : to);
        var step = query.Word("step", steps) ?? Fitting(to - from);
        if (errors.Any)
        {
            return null;
        }
        if (from >= to || from < DateTimeOffset.UnixEpoch)
        {
            errors.Expected("from", "a time before `to`, and after 1970", FieldErrors.Quote(from.ToString("O", System.Globalization.CultureInfo.InvariantCulture)));
            return null;
        }
        var length = LengthOf(step);
        if ((to - from) / length > MostSteps)
        {
            errors.Expected("step", $"one that gives at most {MostSteps} steps between `from` and `to`", $"{step}, which gives {Math.Ceiling((to - from) / length):0}");
            return null;
        }
        // The step that is under way is the last
        return new(Floor(from, length), to, step);
    }

    static string Fitting(TimeSpan range) => range <= TimeSpan.FromHours(6) ? "minute" : range <= TimeSpan.FromDays(14) ? "hour" : "day";

    static TimeSpan LengthOf(string step) => step switch { "minute" => TimeSpan.FromMinutes(1), "hour" => TimeSpan.FromHours(1), _ => TimeSpan.FromDays(1) };
}
