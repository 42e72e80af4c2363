using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>
/// A job as the API shows it. Written by hand: what callers handed in (args, kwargs, metadata) and what tasks returned goes out
/// as the text that was stored, without being parsed again.
/// </summary>
public static class JobView
{
    static readonly JsonEncodedText createdAt = JsonEncodedText.Encode("created_at");
    static readonly JsonEncodedText updatedAt = JsonEncodedText.Encode("updated_at");
    static readonly JsonEncodedText scheduledAt = JsonEncodedText.Encode("scheduled_at");
    static readonly JsonEncodedText startedAt = JsonEncodedText.Encode("started_at");
    static readonly JsonEncodedText completedAt = JsonEncodedText.Encode("completed_at");
    static readonly JsonEncodedText expiresAt = JsonEncodedText.Encode("expires_at");
    static readonly JsonEncodedText cancelRequestedAt = JsonEncodedText.Encode("cancel_requested_at");

    public static void Write(Utf8JsonWriter json, JobState job)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, job.JobId);
        WriteRequest(json, job);
        WriteCourse(json, job);
        WriteOrigin(json, job);
        json.WriteEndObject();
    }

    static void WriteRequest(Utf8JsonWriter json, JobState job)
    {
        json.WriteString("task_name"u8, job.TaskName);
        json.WriteRaw("args"u8, job.Args, "[]"u8);
        json.WriteRaw("kwargs"u8, job.Kwargs, "{}"u8);
        json.WriteString("queue_name"u8, job.QueueName);
        json.WriteString("priority"u8, Priority.FromLevel(job.Priority));
        json.WriteString("status"u8, job.CurrentState);
        json.WriteMoment(scheduledAt, job.ScheduledAt);
        json.WriteMoment(createdAt, job.CreatedAt);
    }

    static void WriteCourse(Utf8JsonWriter json, JobState job)
    {
        json.WriteMoment(startedAt, job.StartedAt);
        json.WriteMoment(completedAt, job.CompletedAt);
        json.WriteRaw("result"u8, job.Result, "null"u8);
        json.WritePropertyName("error"u8);
        WriteError(json, job.Error);
        json.WriteNumber("retry_count"u8, job.RetryCount);
        json.WriteNumber("max_retries"u8, job.MaxRetries);
        json.WriteNumber("retry_delay"u8, job.RetryDelay);
        WriteTags(json, job.Tags);
        json.WriteRaw("metadata"u8, job.Metadata, "{}"u8);
        json.WriteString("worker_id"u8, job.WorkerId);
        json.WriteNumber("timeout"u8, job.TimeoutSeconds);
        json.WriteString("version"u8, job.TaskVersion);
        WriteDuration(json, job);
    }

    static void WriteOrigin(Utf8JsonWriter json, JobState job)
    {
        json.WriteString("title"u8, job.Title);
        json.WriteString("description"u8, job.Description);
        json.WriteString("owner"u8, job.Owner);
        json.WriteNumber("attempt"u8, job.Attempt);
        json.WriteNumber("progress"u8, job.Progress);
        json.WriteString("progress_message"u8, job.ProgressMessage);
        json.WriteString("idempotency_key"u8, job.IdempotencyKey);
        json.WriteMoment(expiresAt, job.ExpiresAt);
        json.WriteMoment(cancelRequestedAt, job.CancelRequestedAt);
        json.WriteString("cancel_reason"u8, job.CancelReason);
        json.WriteString("parent_id"u8, job.ParentKey ?? job.ParentId?.ToString());
        json.WriteString("schedule_id"u8, job.ScheduleId);
        json.WriteBoolean("broadcast"u8, job.IsBroadcast);
        json.WriteString("pinned_to"u8, job.IsBroadcast ? null : job.PinnedTo);
        json.WriteMoment(updatedAt, job.UpdatedAt);
        json.WriteString("events_url"u8, $"{Path(job.JobId)}/events");
    }

    /// <summary>Ids need no escaping: see <see cref="JobIds"/>.</summary>
    public static string Path(string jobId) => $"/api/v1/jobs/{jobId}";

    static void WriteTags(Utf8JsonWriter json, string[]? tags)
    {
        json.WriteStartArray("tags"u8);
        foreach (var tag in tags ?? [])
        {
            json.WriteStringValue(tag);
        }
        json.WriteEndArray();
    }

    static void WriteDuration(Utf8JsonWriter json, JobState job)
    {
        if (job.CompletedAt - job.StartedAt is { } duration)
        {
            json.WriteNumber("duration"u8, Math.Max(0, duration.TotalSeconds));
        }
        else
        {
            json.WriteNull("duration"u8);
        }
    }

    /// <summary>Parses the error to normalize its time.</summary>
    static void WriteError(Utf8JsonWriter json, string? stored)
    {
        if (stored is null || JsonSerializer.Deserialize<AttemptError>(stored) is not { } error)
        {
            json.WriteNullValue();
            return;
        }
        json.WriteStartObject();
        json.WriteString("type"u8, error.Type);
        json.WriteString("message"u8, error.Message);
        json.WriteString("stack"u8, error.Stack);
        json.WriteNumber("attempt"u8, error.Attempt);
        json.WriteString("at"u8, error.At.UtcDateTime);
        json.WriteEndObject();
    }

    static void WriteRaw(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text, ReadOnlySpan<byte> otherwise)
    {
        json.WritePropertyName(name);
        if (text is null)
        {
            json.WriteRawValue(otherwise, skipInputValidation: true);
        }
        else
        {
            json.WriteRawValue(text, skipInputValidation: true);
        }
    }

    internal static void WriteMoment(this Utf8JsonWriter json, JsonEncodedText name, DateTimeOffset? moment)
    {
        if (moment is { } at)
        {
            json.WriteString(name, at.UtcDateTime);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
