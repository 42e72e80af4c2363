using System.Text.Json;
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

    public static async Task<Results<WrittenAnswer, ProblemHttpResult>> Handle(HttpRequest http, HistoryQueries history, DatabaseClock clock, CancellationToken cancellationToken)
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
        var items = Items(range, group, rollups);
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteString("from"u8, range.From.UtcDateTime);
            json.WriteString("to"u8, range.To.UtcDateTime);
            json.WriteString("step"u8, range.Step);
            json.WriteStartArray("items"u8);
            foreach (var item in items)
            {
                Write(json, item, group, buckets);
            }
            json.WriteEndArray();
            json.WritePropertyName("totals"u8);
            Write(json, Sum("", "", range.From, rollups), "all", buckets);
            json.WriteEndObject();
        });
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

    static void Write(Utf8JsonWriter json, RollupSum sum, string? group, bool buckets)
    {
        json.WriteStartObject();
        if (group != "all")
        {
            json.WriteString("at"u8, sum.At.UtcDateTime);
        }
        if (group == "queue")
        {
            json.WriteString("queue_name"u8, sum.QueueName);
        }
        if (group == "task")
        {
            json.WriteString("task_name"u8, sum.TaskName);
        }
        json.WriteNumber("submitted"u8, sum.Submitted);
        json.WriteNumber("started"u8, sum.Started);
        json.WriteNumber("completed"u8, sum.Completed);
        json.WriteNumber("failed"u8, sum.Failed);
        json.WriteNumber("timeout"u8, sum.TimedOut);
        json.WriteNumber("retried"u8, sum.Retried);
        json.WriteNumber("cancelled"u8, sum.Cancelled);
        json.WriteNumber("expired"u8, sum.Expired);
        json.WriteNumber("rescued"u8, sum.Rescued);
        Write(json, "wait", sum.Wait, buckets);
        Write(json, "run", sum.Run, buckets);
        Write(json, "total", sum.Total, buckets);
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, string name, DurationSketch sketch, bool buckets)
    {
        if (sketch.Count == 0)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        json.WriteNumber("count"u8, sketch.Count);
        json.WriteNumber("mean"u8, Math.Round(sketch.Mean, 6));
        json.WriteNumber("p50"u8, Math.Round(sketch.Quantile(0.5), 6));
        json.WriteNumber("p95"u8, Math.Round(sketch.Quantile(0.95), 6));
        json.WriteNumber("p99"u8, Math.Round(sketch.Quantile(0.99), 6));
        if (buckets)
        {
            WriteBuckets(json, sketch.Histogram(bounds));
        }
        json.WriteEndObject();
    }

    static void WriteBuckets(Utf8JsonWriter json, long[] counts)
    {
        json.WriteStartArray("buckets"u8);
        foreach (var (place, count) in counts.Index())
        {
            json.WriteStartObject();
            if (place < bounds.Length)
            {
                json.WriteNumber("to"u8, bounds[place]);
            }
            else
            {
                json.WriteNull("to"u8);
            }
            json.WriteNumber("count"u8, count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
