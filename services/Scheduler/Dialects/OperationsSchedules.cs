using System.Text.Json;
using JobSystem.Api;
using JobSystem.Scheduler.Schedules;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Dialects;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Dialects;

/// <summary>The operations surface: <c>/schedules</c>.</summary>
static class OperationsSchedules
{
    const string FailureTitle = "Failed to create schedule";
    static readonly string[] types = ["cron", "interval", "once"];

    static readonly DialectFields listFields = new(new("limit", "limit"), new("offset", "offset"), new("queue_name", "queue_name"));

    static readonly DialectFields createFields = new DialectFields(
        new("name", "name"), new("task_name", "task_name"), new("args", "args"), new("kwargs", "kwargs"), new("queue_name", "queue_name"),
        new("priority", "priority", Dialect.Lower), new("max_retries", "max_retries"), new("retry_delay_seconds", "retry_delay"),
        new("timeout_seconds", "timeout"), new("metadata", "metadata"), new("tags", "tags"), new("version", "version"),
        new("timezone", "timezone"), new("enabled", "status", WriteStatus)).Beside("schedule_type", "schedule_params");

    static readonly DialectFields cron = new(new("expression", "cron_expression"), new("timezone", "timezone"));
    static readonly DialectFields interval = new(
        new("days", "days"), new("hours", "hours"), new("minutes", "minutes"), new("seconds", "seconds"));
    static readonly DialectFields once = new(new("run_at", "run_at"), new("timezone", "timezone"));

    /// <summary>Names in this dialect of the canonical fields that errors are about.</summary>
    static readonly DialectFields errorFields = new(
        new("schedule_params.expression", "cron_expression"), new("schedule_params", "interval"), new("schedule_params.run_at", "run_at"),
        new("retry_delay_seconds", "retry_delay"), new("timeout_seconds", "timeout"));

    public static void MapOperationsSchedules(this IEndpointRouteBuilder app)
    {
        var schedules = app.MapGroup("/schedules").WithTags("Operations: schedules").Audited(AuditSurface.Operations).RequireCaller();
        schedules.MapGet("/", List).WithName("OperationsListSchedules").WithSummary("List schedules");
        schedules.MapPost("/", Create).WithName("OperationsCreateSchedule")
            .Translates(ScheduleOperations.CreateSchedule).WithSummary("Create a schedule");
        schedules.MapGet("/{scheduleId}", Get).WithName("OperationsGetSchedule").WithSummary("Get a schedule");
        schedules.MapDelete("/{scheduleId}", Delete).WithName("OperationsDeleteSchedule")
            .Translates(ScheduleOperations.DeleteSchedule).WithSummary("Delete a schedule");
        schedules.MapPost("/{scheduleId}/enable", Enable).WithName("OperationsEnableSchedule")
            .Translates(ScheduleOperations.ResumeSchedule).WithSummary("Let a schedule run");
        schedules.MapPost("/{scheduleId}/disable", Disable).WithName("OperationsDisableSchedule")
            .Translates(ScheduleOperations.PauseSchedule).WithSummary("Let a schedule rest");
    }

    static async Task<IResult> List(HttpContext http, CanonicalApi api)
    {
        var errors = new FieldErrors();
        var query = listFields.Rewrite(http.Request.Query, errors);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list schedules");
        }
        return (await api.Call<Page<Schedule>>(http, ScheduleOperations.ListSchedules, query: query)).Translate((json, page) =>
        {
            json.WriteStartArray();
            foreach (var schedule in page.Items)
            {
                json.WriteStartObject();
                Write(json, schedule);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }, fields: listFields);
    }

    static async Task<IResult> Create(HttpContext http, CanonicalApi api, IOptions<ScheduleLimits> limits)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, FailureTitle, http.RequestAborted);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var rewritten = Rewrite(body.Root, errors);
            return rewritten is null
                ? errors.ToProblem(FailureTitle)
                : (await api.Call<Schedule>(http, ScheduleOperations.CreateSchedule, rewritten)).Translate((json, schedule) => WriteSuccess(json, schedule.Id.ToString()), fields: errorFields);
        }
    }

    /// <summary>Converts <c>schedule_params</c> and <c>schedule_type</c> to canonical members.</summary>
    static byte[]? Rewrite(JsonElement body, FieldErrors errors)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Expected("body", "a JSON object", body);
            return null;
        }
        var type = body.Text("schedule_type");
        if (Array.IndexOf(types, type) < 0)
        {
            var got = body.TryGetProperty("schedule_type"u8, out var value) ? value : default;
            errors.Expected("schedule_type", $"one of {string.Join(", ", types)}", got);
            return null;
        }
        var parameters = body.TryGetProperty("schedule_params"u8, out var given) ? given : default;
        return createFields.Rewrite(body, errors, json => WriteTiming(json, type!, parameters, errors));
    }

    static void WriteTiming(Utf8JsonWriter json, string type, JsonElement parameters, FieldErrors errors)
    {
        var fields = type switch { "cron" => cron, "interval" => interval, _ => once };
        var written = fields.Rewrite(parameters, errors, prefix: "schedule_params.");
        if (written is null)
        {
            return;
        }
        using var document = JsonDocument.Parse(written);
        if (type == "interval")
        {
            json.WritePropertyName("interval"u8);
            json.Copy(document.RootElement);
            return;
        }
        foreach (var member in document.RootElement.EnumerateObject())
        {
            json.WritePropertyName(member.Name);
            json.Copy(member.Value);
        }
    }

    static void WriteStatus(JsonElement enabled, Utf8JsonWriter json, FieldErrors errors)
    {
        if (enabled.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            errors.Expected("enabled", "true or false", enabled);
        }
        json.WriteStringValue(enabled.ValueKind == JsonValueKind.False ? ScheduleStatus.Paused : ScheduleStatus.Active);
    }

    static async Task<IResult> Get(string scheduleId, HttpContext http, CanonicalApi api) =>
        (await api.Call<Schedule>(http, ScheduleOperations.GetSchedule, route: ("scheduleId", scheduleId))).Translate((json, schedule) =>
        {
            json.WriteStartObject();
            Write(json, schedule);
            WriteParams(json, schedule);
            json.WriteRaw("args", schedule.Args.ToString());
            json.WriteRaw("kwargs", schedule.Kwargs.ToString());
            json.WriteString("priority"u8, schedule.Priority.ToUpperInvariant());
            json.WriteNumber("max_retries", schedule.MaxRetries);
            json.WriteNumber("retry_delay_seconds", schedule.RetryDelay);
            json.WriteNumber("timeout_seconds", schedule.Timeout);
            json.WriteRaw("metadata", schedule.Metadata.ToString());
            json.WriteEndObject();
        });

    static async Task<IResult> Delete(string scheduleId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, ScheduleOperations.DeleteSchedule, ("scheduleId", scheduleId))).Translate(json => WriteSuccess(json, scheduleId), StatusCodes.Status200OK);

    static async Task<IResult> Enable(string scheduleId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, ScheduleOperations.ResumeSchedule, ("scheduleId", scheduleId))).Translate(json => WriteSuccess(json, scheduleId, "enabled"));

    static async Task<IResult> Disable(string scheduleId, HttpContext http, CanonicalApi api) =>
        (await api.Call(http, ScheduleOperations.PauseSchedule, ("scheduleId", scheduleId))).Translate(json => WriteSuccess(json, scheduleId, "disabled"));

    static void WriteSuccess(Utf8JsonWriter json, string? scheduleId, string? status = null)
    {
        json.WriteStartObject();
        json.WriteBoolean("success"u8, true);
        json.WriteString("schedule_id"u8, scheduleId);
        if (status is not null)
        {
            json.WriteString("status"u8, status);
        }
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, Schedule schedule)
    {
        json.WriteString("id"u8, schedule.Id);
        json.WriteString("name"u8, schedule.Name);
        json.WriteString("task_name"u8, schedule.TaskName);
        json.WriteString("queue_name"u8, schedule.QueueName);
        json.WriteString("schedule_type"u8, Type(schedule));
        json.WriteTime("next_run_at", schedule.NextRunAt);
        json.WriteTime("last_run_at", schedule.LastRunAt);
        json.WriteBoolean("enabled"u8, schedule.Status == ScheduleStatus.Active);
        json.WriteTime("created_at", schedule.CreatedAt);
        json.WriteTime("updated_at", schedule.UpdatedAt);
    }

    static void WriteParams(Utf8JsonWriter json, Schedule schedule)
    {
        json.WritePropertyName("schedule_params"u8);
        if (schedule is { CronExpression: null, RunAt: null, Interval: { } interval })
        {
            JsonSerializer.Serialize(json, interval, ApiJson.Default.ScheduleInterval);
            return;
        }
        json.WriteStartObject();
        if (schedule.CronExpression is { } expression)
        {
            json.WriteString("expression"u8, expression);
        }
        else
        {
            json.WriteTime("run_at", schedule.RunAt);
        }
        json.WriteString("timezone"u8, schedule.Timezone);
        json.WriteEndObject();
    }

    static string Type(Schedule schedule) => schedule.CronExpression is not null ? "cron" : schedule.RunAt is not null ? "once" : "interval";
}
