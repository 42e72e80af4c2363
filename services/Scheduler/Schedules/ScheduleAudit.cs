using System.Text.Json.Nodes;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.Scheduler.Schedules;

/// <summary>A schedule in audit entries: its timing and task, without arguments.</summary>
static class ScheduleAudit
{
    public static JsonObject Describe(ScheduleRow row)
    {
        var text =
            new JsonObject { ["name"] = row.Name, ["status"] = row.Status, ["task_name"] = row.TaskName, ["timezone"] = row.Timezone };
        Add(text, "cron_expression", row.CronExpression);
        Add(text, "interval_seconds", row.IntervalSeconds);
        Add(text, "run_at", row.RunAt is { } at ? Rfc3339.Format(at) : null);
        Add(text, "queue_name", row.QueueName);
        text["priority"] = row.Priority;
        return text;
    }

    static void Add(JsonObject text, string name, JsonNode? value)
    {
        if (value is not null)
        {
            text[name] = value;
        }
    }
}
