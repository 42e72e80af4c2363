using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Bus;

namespace JobSystem.Scheduler.Firing;

/// <summary>Converts runs to bus messages. A job that cannot be serialized is refused without affecting others.</summary>
static class ScheduledJobs
{
    public const string Unsendable = "job_unsendable";

    /// <summary>RabbitMQ 4 takes messages of 16 MiB unless it is told otherwise, and closes the channel of a sender whose message is larger.</summary>
    public const int LargestJob = 12 << 20;

    const int PerMessage = 200;

    /// <summary>Jobs in their order, in messages of about 1 MiB. A larger job has a message of its own.</summary>
    public static IEnumerable<IReadOnlyList<ScheduledJob>> Messages(IEnumerable<Prepared> jobs) =>
        MessageSize.Cut(jobs, x => x.Bytes).SelectMany(part => part.Chunk(PerMessage)).Select(part => part.Select(x => x.Job!).ToList());

    public static Prepared Prepare(ScheduleRow schedule, RunRow run)
    {
        try
        {
            var job = Read(schedule, run);
            var bytes = MessageSize.Measure(job);
            return bytes <= LargestJob
                ? new(job, bytes, null)
                : Refuse(run, $"the job takes {bytes} bytes in a message; expected at most {LargestJob}: args, kwargs and metadata of its schedule are too large");
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException or ArgumentException)
        {
            return Refuse(run, $"args, kwargs or metadata of its schedule cannot be written as JSON: {unreadable.Message}");
        }
    }

    static Prepared Refuse(RunRow run, string reason) => new(null, 0, new() { JobId = run.JobId, Code = Unsendable, Reason = reason });

    static ScheduledJob Read(ScheduleRow schedule, RunRow run) => new()
    {
        ScheduleId = schedule.Id.ToString(),
        Owner = schedule.Owner,
        Job = new()
        {
            JobId = run.JobId,
            ScheduledAt = run.Tick,
            Title = schedule.Name,
            TaskName = schedule.TaskName,
            Version = schedule.TaskVersion,
            Args = Json<JsonElement[]>(schedule.Args),
            Kwargs = Json<Dictionary<string, JsonElement>>(schedule.Kwargs),
            Metadata = Json<Dictionary<string, JsonElement>>(schedule.Metadata),
            Tags = schedule.Tags,
            QueueName = schedule.QueueName,
            Priority = schedule.Priority,
            MaxRetries = schedule.MaxRetries,
            RetryDelay = schedule.RetryDelay,
            Timeout = schedule.Timeout,
        },
    };

    static T? Json<T>(string? json) where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json);

    /// <summary>A serialized job and its size, or the reason why it cannot be sent.</summary>
    public sealed record Prepared(ScheduledJob? Job, int Bytes, ScheduledJobTaken? Refused);
}
