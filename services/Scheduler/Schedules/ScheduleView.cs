using System.Text.Json;
using JobSystem.Api;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Requests;

namespace JobSystem.Scheduler.Schedules;

/// <summary>A schedule as the API shows it. Stored JSON (args, kwargs, metadata) goes out as the text that it is.</summary>
static class ScheduleView
{
    public static string Path(Guid id) => $"/api/v1/schedules/{id}";

    public static Schedule ToRecord(ScheduleRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Description = row.Description,
        Status = row.Status,
        Owner = row.Owner,
        CronExpression = row.CronExpression,
        Interval = row.IntervalSeconds is { } seconds ? Intervals.ToRecord(seconds) : null,
        RunAt = row.RunAt,
        Timezone = row.Timezone,
        StartAt = row.StartAt,
        EndAt = row.EndAt,
        MisfirePolicy = row.MisfirePolicy,
        OverlapPolicy = row.OverlapPolicy,
        Jitter = row.JitterSeconds,
        TaskName = row.TaskName,
        Args = row.Args is { } args ? new(args) : RawJson.EmptyArray,
        Kwargs = row.Kwargs is { } kwargs ? new(kwargs) : RawJson.EmptyObject,
        QueueName = row.QueueName,
        Priority = row.Priority,
        Tags = row.Tags,
        Metadata = row.Metadata is { } metadata ? new(metadata) : RawJson.EmptyObject,
        MaxRetries = row.MaxRetries,
        RetryDelay = row.RetryDelay,
        Timeout = row.Timeout,
        Version = row.TaskVersion,
        LastRunAt = row.LastRunAt,
        NextRunAt = row.Status == ScheduleStatus.Active ? row.NextRunAt : null,
        LastJobId = row.LastJobId,
        LastOutcome = row.LastOutcome,
        LastOutcomeAt = row.LastOutcomeAt,
        RunCount = row.RunCount,
        MissedCount = row.MissedCount,
        SkippedCount = row.SkippedCount,
        Revision = row.Revision,
        CreatedAt = row.CreatedAt,
        UpdatedAt = row.UpdatedAt,
        JobsUrl = $"{Path(row.Id)}/jobs",
    };
}

/// <summary>The response with one schedule.</summary>
public sealed class ScheduleAnswer(
    ScheduleRow schedule, int status = StatusCodes.Status200OK, string? location = null) : JsonAnswer(status, location)
{
    protected override object? Record => ScheduleView.ToRecord(schedule);

    protected override void Write(Utf8JsonWriter json) => JsonSerializer.Serialize(json, ScheduleView.ToRecord(schedule), ApiJson.Default.Schedule);
}
