using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Bus;

namespace JobSystem.Scheduler.Firing;

/// <summary>Converts runs to bus messages. A job that cannot be serialized is refused without affecting others.</summary>
static class ScheduledJobs
{
    public const string Unsendable = "job_unsendable";

    /// <summary>
    /// Maximum size of a job in bytes. By default RabbitMQ 4 accepts messages of 16 MiB, and closes the channel for a larger one.
    /// </summary>
    public const int MaxJobBytes = 12 << 20;

    const int PerMessage = 200;

    /// <summary>Groups jobs in messages of about 1 MiB, in their order. A larger job has a message of its own.</summary>
    public static IEnumerable<IReadOnlyList<ScheduledJob>> Messages(IEnumerable<Prepared> jobs) =>
        MessageSize.Cut(jobs, x => x.Bytes).SelectMany(part => part.Chunk(PerMessage)).Select(part => part.Select(x => x.Job!).ToList());

    public static Prepared Prepare(ScheduleRow schedule, RunRow run)
    {
        try
        {
            var job = CreateMessage(schedule, run);
            var bytes = MessageSize.Measure(job);
            return bytes <= MaxJobBytes
                ? new(job, bytes, null)
                : Refuse(
                    run, $"the job has {bytes} bytes; expected at most {MaxJobBytes}: args, kwargs and metadata of its schedule are too large");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            return Refuse(run, $"args, kwargs or metadata of its schedule cannot be written as JSON: {exception.Message}");
        }
    }

    static Prepared Refuse(RunRow run, string reason) => new(null, 0, new() { JobId = run.JobId, Code = Unsendable, Reason = reason });

    static ScheduledJob CreateMessage(ScheduleRow schedule, RunRow run) => new()
    {
        ScheduleId = schedule.Id.ToString(),
        Owner = schedule.Owner,
        Job = new()
        {
            JobId = run.JobId,
            ScheduledAt = run.PlannedAt,
            Title = schedule.Name,
            TaskName = schedule.TaskName,
            Version = schedule.TaskVersion,
            Args = Deserialize<JsonElement[]>(schedule.Args),
            Kwargs = Deserialize<Dictionary<string, JsonElement>>(schedule.Kwargs),
            Metadata = Deserialize<Dictionary<string, JsonElement>>(schedule.Metadata),
            Tags = schedule.Tags,
            QueueName = schedule.QueueName,
            Priority = schedule.Priority,
            MaxRetries = schedule.MaxRetries,
            RetryDelay = schedule.RetryDelay,
            Timeout = schedule.Timeout,
        },
    };

    static T? Deserialize<T>(string? json) where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json);

    /// <summary>A serialized job and its size, or the reason why it cannot be sent.</summary>
    public sealed record Prepared(ScheduledJob? Job, int Bytes, ScheduledJobTaken? Refused);
}
