using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.Scheduler.Timing;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// Reads a schedule from the body of a request, and reports all errors at once: the field, the expected value and the value that came. An
/// update replaces everything, but without a name, a task or a timing the schedule keeps those that it has.
/// </summary>
public sealed class ScheduleReader(IOptions<ScheduleLimits> limits, IOptions<SchedulerOptions> options)
{
    static readonly string[] members =
    [
        "name", "description", "task_name", "cron_expression", "interval", "run_at", "timezone", "start_at", "end_at", "misfire_policy",
        "overlap_policy", "jitter", "args", "kwargs", "queue_name", "priority", "tags", "metadata", "max_retries", "retry_delay", "timeout",
        "version", "status",
    ];

    static readonly string[] statuses = [ScheduleStatus.Active, ScheduleStatus.Paused];

    readonly ScheduleLimits limits = limits.Value;

    /// <summary>Returns a row with all members of the request; null if validation failed (see <paramref name="errors"/>).</summary>
    public ScheduleRow? Read(JsonElement body, DateTimeOffset now, ScheduleRow? existing, FieldErrors errors)
    {
        var row = new ScheduleRow { AnchorAt = now, Status = existing?.Status ?? ScheduleStatus.Active, Timezone = "" };
        var sizes = new Sizes();
        ObjectReader.Read(
            body, errors, members, (name, value) => ReadField(row, name, new(name, value, errors), value, now, sizes, errors));
        if (sizes.Args + sizes.Kwargs > limits.ArgsBytes)
        {
            errors.Expected("kwargs", $"at most {limits.ArgsBytes} bytes of JSON together with args", $"{sizes.Args + sizes.Kwargs} bytes");
        }
        KeepExisting(row, existing);
        errors.Require("name", row.Name.Length > 0, $"a string of 1 to {limits.NameLength} characters");
        errors.Require("task_name", row.TaskName.Length > 0, Names.ExpectedTask);
        if (!errors.Any)
        {
            ScheduleTimes.Check(row, now, existing, options.Value, errors);
            if (ScheduledJobs.Prepare(row, RunRow.Create(row.Id, now, now)).Refused is { } refused)
            {
                errors.Add("kwargs", $"expected a schedule whose jobs can be sent; {refused.Reason}");
            }
        }
        return errors.Any ? null : row;
    }

    void ReadField(
        ScheduleRow row, string name, FieldReader reader, JsonElement value, DateTimeOffset now, Sizes sizes, FieldErrors errors)
    {
        var latest = now.AddSeconds(limits.AheadSeconds);
        switch (name)
        {
            case "name": row.Name = reader.Prose(limits.NameLength)?.Trim() ?? ""; break;
            case "description": row.Description = reader.Prose(limits.DescriptionLength); break;
            case "cron_expression": row.CronExpression = reader.Text(CronExpression.Expected, CronExpression.MayBe); break;
            case "interval": row.IntervalSeconds = Intervals.Read(value, limits.AheadSeconds, errors); break;
            case "run_at": row.RunAt = reader.Moment(latest); break;
            case "timezone": row.Timezone = reader.Text(Zones.Expected, x => Zones.TryFind(x, out _)) ?? ""; break;
            case "start_at": row.StartAt = reader.Moment(latest); break;
            case "end_at": row.EndAt = reader.Moment(latest); break;
            case "misfire_policy": row.MisfirePolicy = reader.Word(MisfirePolicies.All) ?? MisfirePolicies.FireOnce; break;
            case "overlap_policy": row.OverlapPolicy = reader.Word(OverlapPolicies.All) ?? OverlapPolicies.Allow; break;
            case "jitter": row.JitterSeconds = reader.Seconds(limits.AheadSeconds, zero: true) ?? 0; break;
            case "status": row.Status = reader.Word(statuses) ?? row.Status; break;
            default: ReadJobField(row, name, reader, sizes); break;
        }
    }

    void ReadJobField(ScheduleRow row, string name, FieldReader reader, Sizes sizes)
    {
        switch (name)
        {
            case "task_name": row.TaskName = reader.Text(Names.ExpectedTask, Names.IsTask) ?? ""; break;
            case "version": row.TaskVersion = reader.Text(Names.ExpectedVersion, Names.IsVersion); break;
            case "args": row.Args = reader.Raw(JsonValueKind.Array, limits.ArgsBytes, limits.Nesting, out sizes.Args); break;
            case "kwargs": row.Kwargs = reader.Raw(JsonValueKind.Object, limits.ArgsBytes, limits.Nesting, out sizes.Kwargs); break;
            case "metadata": row.Metadata = reader.Raw(JsonValueKind.Object, limits.MetadataBytes, limits.Nesting, out _); break;
            case "tags": row.Tags = reader.Tags(limits.Tags, limits.TagLength) ?? []; break;
            case "queue_name": row.QueueName = reader.Text(Names.ExpectedQueue, Names.IsQueue); break;
            case "priority": row.Priority = reader.Word(Priority.All) ?? Priority.Normal; break;
            case "max_retries": row.MaxRetries = reader.Whole(0, limits.MaxRetries); break;
            case "retry_delay": row.RetryDelay = reader.Seconds(limits.RetryDelaySeconds, zero: true); break;
            case "timeout": row.Timeout = reader.Seconds(limits.TimeoutSeconds, zero: false); break;
        }
    }

    static void KeepExisting(ScheduleRow row, ScheduleRow? existing)
    {
        if (existing is null)
        {
            return;
        }
        row.Name = row.Name.Length > 0 ? row.Name : existing.Name;
        row.TaskName = row.TaskName.Length > 0 ? row.TaskName : existing.TaskName;
        if (row is { CronExpression: null, IntervalSeconds: null, RunAt: null })
        {
            (row.CronExpression, row.IntervalSeconds, row.RunAt) = (existing.CronExpression, existing.IntervalSeconds, existing.RunAt);
            row.Timezone = row.Timezone.Length > 0 ? row.Timezone : existing.Timezone;
            (row.StartAt, row.EndAt) = (row.StartAt ?? existing.StartAt, row.EndAt ?? existing.EndAt);
        }
    }

    sealed class Sizes
    {
        public int Args, Kwargs;
    }
}
