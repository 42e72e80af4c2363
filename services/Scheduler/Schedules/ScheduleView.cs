using System.Text;
using System.Text.Json;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Requests;

namespace JobSystem.Scheduler.Schedules;

/// <summary>A schedule in API responses.</summary>
static class ScheduleView
{
    public static string Path(Guid id) => $"/api/v1/schedules/{id}";

    public static void Write(Utf8JsonWriter json, ScheduleRow row)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, row.Id);
        json.WriteString("name"u8, row.Name);
        json.WriteString("description"u8, row.Description);
        json.WriteString("status"u8, row.Status);
        json.WriteString("owner"u8, row.Owner);
        WriteTiming(json, row);
        WriteJob(json, row);
        WriteHistory(json, row);
        json.WriteEndObject();
    }

    static void WriteTiming(Utf8JsonWriter json, ScheduleRow row)
    {
        json.WriteString("cron_expression"u8, row.CronExpression);
        Intervals.Write(json, row.IntervalSeconds);
        WriteMoment(json, "run_at", row.RunAt);
        json.WriteString("timezone"u8, row.Timezone);
        WriteMoment(json, "start_at", row.StartAt);
        WriteMoment(json, "end_at", row.EndAt);
        json.WriteString("misfire_policy"u8, row.MisfirePolicy);
        json.WriteString("overlap_policy"u8, row.OverlapPolicy);
        json.WriteNumber("jitter"u8, row.JitterSeconds);
    }

    static void WriteJob(Utf8JsonWriter json, ScheduleRow row)
    {
        json.WriteString("task_name"u8, row.TaskName);
        WriteRaw(json, "args", row.Args ?? "[]");
        WriteRaw(json, "kwargs", row.Kwargs ?? "{}");
        json.WriteString("queue_name"u8, row.QueueName);
        json.WriteString("priority"u8, row.Priority);
        json.WriteStartArray("tags"u8);
        foreach (var tag in row.Tags)
        {
            json.WriteStringValue(tag);
        }
        json.WriteEndArray();
        WriteRaw(json, "metadata", row.Metadata ?? "{}");
        WriteNumber(json, "max_retries", row.MaxRetries);
        WriteNumber(json, "retry_delay", row.RetryDelay);
        WriteNumber(json, "timeout", row.Timeout);
        json.WriteString("version"u8, row.TaskVersion);
    }

    static void WriteHistory(Utf8JsonWriter json, ScheduleRow row)
    {
        WriteMoment(json, "last_run_at", row.LastRunAt);
        WriteMoment(json, "next_run_at", row.Status == ScheduleStatus.Active ? row.NextRunAt : null);
        json.WriteString("last_job_id"u8, row.LastJobId);
        json.WriteString("last_outcome"u8, row.LastOutcome);
        WriteMoment(json, "last_outcome_at", row.LastOutcomeAt);
        json.WriteNumber("run_count"u8, row.RunCount);
        json.WriteNumber("missed_count"u8, row.MissedCount);
        json.WriteNumber("skipped_count"u8, row.SkippedCount);
        json.WriteNumber("revision"u8, row.Revision);
        WriteMoment(json, "created_at", row.CreatedAt);
        WriteMoment(json, "updated_at", row.UpdatedAt);
        json.WriteString("jobs_url"u8, $"{Path(row.Id)}/jobs");
    }

    internal static void WriteMoment(Utf8JsonWriter json, string name, DateTimeOffset? moment) =>
        json.WriteString(name, moment is { } at ? Rfc3339.Format(at) : null);

    static void WriteNumber(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    static void WriteRaw(Utf8JsonWriter json, string name, string text)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(Encoding.UTF8.GetBytes(text), skipInputValidation: true);
    }
}

/// <summary>The response with one schedule.</summary>
public sealed class ScheduleAnswer(
    ScheduleRow schedule, int status = StatusCodes.Status200OK, string? location = null) : JsonAnswer(status, location)
{
    protected override void Write(Utf8JsonWriter json) => ScheduleView.Write(json, schedule);
}
