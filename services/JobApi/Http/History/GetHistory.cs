using JobSystem.Api;
using JobSystem.JobApi.Rollups;
using JobSystem.JobApi.Time;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.History;

/// <summary>GET /history</summary>
static class GetHistory
{
    static readonly string[] groups = ["queue", "task"];
    static readonly string[] yesOrNo = ["true", "false"];

    /// <summary>Seconds.</summary>
    static readonly double[] bounds = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800];

    public static async Task<Results<RecordAnswer<HistorySeries>, ProblemHttpResult>> Handle(
        HttpRequest http, HistoryQueries history, DatabaseClock clock, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["from", "to", "step", "queue_name", "task_name", "group_by", "buckets"]);
        var queues = query.Texts("queue_name", Names.ExpectedQueue, Names.IsQueue);
        var tasks = query.Texts("task_name", Names.ExpectedTask, Names.IsTask);
        var group = query.Word("group_by", groups);
        var buckets = query.Word("buckets", yesOrNo) == "true";
        if (HistoryRange.Read(query, errors, clock.UtcNow) is not { } range || errors.Any)
        {
            return errors.ToProblem("Failed to get the history");
        }
        var rollups = await history.Rollups(range.RollupSeconds, range.From, range.To, queues, tasks, cancellationToken);
        var series = new HistorySeries
        {
            From = range.From,
            To = range.To,
            Step = range.Step,
            Items = [.. Items(range, group, rollups).Select(x => ToStep(x, group, buckets))],
            Totals = ToTotals(Sum("", "", range.From, rollups), buckets),
        };
        return new RecordAnswer<HistorySeries>(series, ApiJson.Default.HistorySeries);
    }

    /// <summary>One item per step of the range, or per step and queue or task with events.</summary>
    static IEnumerable<RollupSum> Items(HistoryRange range, string? group, List<Rollup> rollups)
    {
        var steps = rollups.ToLookup(x => HistoryRange.Floor(x.At, range.Length));
        return group switch
        {
            null => range.Steps.Select(at => Sum("", "", at, steps[at])),
            "queue" => steps.OrderBy(x => x.Key).SelectMany(step => step.GroupBy(x => x.QueueName).OrderBy(x => x.Key, StringComparer.Ordinal).Select(x => Sum(x.Key, "", step.Key, x))),
            _ => steps.OrderBy(x => x.Key).SelectMany(step => step.GroupBy(x => x.TaskName).OrderBy(x => x.Key, StringComparer.Ordinal).Select(x => Sum("", x.Key, step.Key, x))),
        };
    }

    static RollupSum Sum(string queueName, string taskName, DateTimeOffset at, IEnumerable<Rollup> rollups)
    {
        var sum = new RollupSum(0, at, queueName, taskName);
        foreach (var rollup in rollups)
        {
            sum.Add(rollup);
        }
        return sum;
    }

    static HistoryStep ToStep(RollupSum sum, string? group, bool buckets) => new()
    {
        At = sum.At,
        QueueName = group == "queue" ? sum.QueueName : null,
        TaskName = group == "task" ? sum.TaskName : null,
        Submitted = sum.Submitted,
        Started = sum.Started,
        Completed = sum.Completed,
        Failed = sum.Failed,
        Timeout = sum.TimedOut,
        Retried = sum.Retried,
        Cancelled = sum.Cancelled,
        Expired = sum.Expired,
        Rescued = sum.Rescued,
        Wait = ToDurations(sum.Wait, buckets),
        Run = ToDurations(sum.Run, buckets),
        Total = ToDurations(sum.Total, buckets),
    };

    static HistoryTotals ToTotals(RollupSum sum, bool buckets) => new()
    {
        Submitted = sum.Submitted,
        Started = sum.Started,
        Completed = sum.Completed,
        Failed = sum.Failed,
        Timeout = sum.TimedOut,
        Retried = sum.Retried,
        Cancelled = sum.Cancelled,
        Expired = sum.Expired,
        Rescued = sum.Rescued,
        Wait = ToDurations(sum.Wait, buckets),
        Run = ToDurations(sum.Run, buckets),
        Total = ToDurations(sum.Total, buckets),
    };

    /// <summary>Null if there are none.</summary>
    static Durations? ToDurations(DurationSketch sketch, bool buckets) => sketch.Count == 0 ? null : new()
    {
        Count = sketch.Count,
        Mean = Math.Round(sketch.Mean, 6),
        P50 = Math.Round(sketch.Quantile(0.5), 6),
        P95 = Math.Round(sketch.Quantile(0.95), 6),
        P99 = Math.Round(sketch.Quantile(0.99), 6),
        Buckets = buckets ? ToBuckets(sketch.Histogram(bounds)) : null,
    };

    static List<DurationBucket> ToBuckets(long[] counts) =>
        [.. counts.Select((count, place) => new DurationBucket { To = place < bounds.Length ? bounds[place] : null, Count = count })];
}
