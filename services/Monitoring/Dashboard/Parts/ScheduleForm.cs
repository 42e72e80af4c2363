using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Monitoring.Dashboard.Api;

namespace JobSystem.Monitoring.Dashboard.Parts;

/// <summary>A schedule in the fields of a form. What the form does not show of an existing one is sent back as it was, for a change replaces all.</summary>
public sealed class ScheduleForm
{
    const string Second = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    static readonly (string Unit, long Seconds)[] units = [("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)];

    /// <summary>Of what the API shows of a schedule: what a change takes, and the form does not.</summary>
    static readonly string[] carried = ["start_at", "end_at", "jitter", "args", "metadata", "max_retries", "retry_delay", "timeout", "version"];

    readonly JsonObject rest = [];

    public string Name { get; set; } = "";
    public string Description { get; set; } = "";
    public string Task { get; set; } = "";

    /// <summary>cron, interval or once</summary>
    public string Kind { get; set; } = "cron";
    public string Cron { get; set; } = "";
    public string Zone { get; set; } = "UTC";
    public long Every { get; set; } = 15;
    public string Unit { get; set; } = "minutes";

    /// <summary>UTC</summary>
    public DateTime At { get; set; }
    public string Misfire { get; set; } = "fire_once";
    public string Overlap { get; set; } = "allow";
    public string Kwargs { get; set; } = "";
    public string Queue { get; set; } = "";
    public string Priority { get; set; } = "normal";
    public string Tags { get; set; } = "";

    public static IEnumerable<string> Units => units.Select(x => x.Unit);

    /// <param name="schedule">As the API shows it.</param>
    public static ScheduleForm Of(JsonElement schedule)
    {
        var form = new ScheduleForm
        {
            Name = Text(schedule, "name"),
            Description = Text(schedule, "description"),
            Task = Text(schedule, "task_name"),
            Cron = Text(schedule, "cron_expression"),
            Zone = Text(schedule, "timezone"),
            Misfire = Text(schedule, "misfire_policy"),
            Overlap = Text(schedule, "overlap_policy"),
            Kwargs = Text(schedule, "kwargs") is "{}" or "" ? "" : Text(schedule, "kwargs"),
            Queue = Text(schedule, "queue_name"),
            Priority = Text(schedule, "priority"),
            Tags = string.Join(", ", schedule.GetProperty("tags").EnumerateArray().Select(x => x.GetString())),
        };
        form.TakeTimes(schedule);
        foreach (var name in carried)
        {
            if (schedule.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                form.rest[name] = JsonNode.Parse(value.GetRawText());
            }
        }
        return form;
    }

    /// <summary>What the API takes.</summary>
    /// <exception cref="JsonException">The arguments are no JSON.</exception>
    public JsonObject ToBody()
    {
        var body = (JsonObject)rest.DeepClone();
        (body["name"], body["task_name"], body["priority"], body["misfire_policy"], body["overlap_policy"]) = (Name.Trim(), Task, Priority, Misfire, Overlap);
        switch (Kind)
        {
            case "cron": body["cron_expression"] = Cron.Trim(); break;
            case "interval": body["interval"] = new JsonObject { [Unit] = Every }; break;
            default: body["run_at"] = At.ToString(Second, CultureInfo.InvariantCulture); break;
        }
        foreach (var (name, text) in ((string, string)[])[("description", Description), ("queue_name", Queue), ("timezone", Zone)])
        {
            if (text.Trim().Length > 0)
            {
                body[name] = text.Trim();
            }
        }
        if (Kwargs.Trim().Length > 0)
        {
            body["kwargs"] = JsonNode.Parse(Kwargs);
        }
        body["tags"] = TagList.Parse(Tags);
        return body;
    }

    void TakeTimes(JsonElement schedule)
    {
        if (schedule.GetProperty("interval") is { ValueKind: JsonValueKind.Object } interval)
        {
            Kind = "interval";
            var seconds = units.Sum(x => interval.TryGetProperty(x.Unit, out var count) ? count.GetInt64() * x.Seconds : 0);
            var unit = units.First(x => seconds % x.Seconds == 0);
            (Every, Unit) = (seconds / unit.Seconds, unit.Unit);
        }
        else if (schedule.GetProperty("run_at") is { ValueKind: JsonValueKind.String } at)
        {
            Kind = "once";
            At = at.GetDateTimeOffset().UtcDateTime;
        }
    }

    static string Text(JsonElement schedule, string name) => schedule.TryGetProperty(name, out var value) ? value.ToString() : "";
}
