using System.Text.Json;
using JobSystem.JobApi.Model;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Jobs;

/// <summary>
/// Reads a submission as it comes over HTTP or on the bus, in one pass over its members. It either is well formed or each
/// fault is named: the field, what was expected, what came.
/// </summary>
public sealed class JobRequestReader(IOptions<JobLimits> options)
{
    const byte Normal = 2;
    readonly JobLimits limits = options.Value;

    /// <summary>Returns null if validation failed; see <paramref name="errors"/>.</summary>
    /// <param name="previous">The job before this one in a batch: texts that both have are not made twice.</param>
    /// <param name="waits">True for run-sync, which also has <c>wait_timeout</c>.</param>
    /// <param name="template">What holds for members that the body lacks; null in the body takes a member away.</param>
    public JobRequest? Read(JsonElement body, DateTimeOffset now, FieldErrors errors, JobRequest? previous = null, bool waits = false, JobRequest? template = null)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Expected(errors.Index < 0 ? "body" : "", "a JSON object", body);
            return null;
        }
        var faults = errors.Messages.Count;
        var draft = new Draft(limits, now, errors, previous, template);
        var seen = 0u;
        foreach (var member in body.EnumerateObject())
        {
            var field = JobFields.Find(member);
            if (field < 0 || (field == JobFields.WaitTimeout && !waits))
            {
                RefuseUnknown(member, errors, waits);
                continue;
            }
            if ((seen & (1u << field)) != 0)
            {
                errors.Add(JobFields.All[field], "expected once; got more than once");
            }
            seen |= 1u << field;
            draft.Take(field, member.Value);
        }
        return draft.Finish() is { } request && errors.Messages.Count == faults ? request : null;
    }

    static void RefuseUnknown(JsonProperty member, FieldErrors errors, bool waits)
    {
        if (errors.Full)
        {
            return;
        }
        var name = member.TryName(out var text) ? text : "?";
        var nearest = JobFields.Nearest(name, waits);
        var shown = name.Length <= 64 ? name : name[..64];
        errors.Add(shown, nearest is null ? "unknown member" : $"unknown member; did you mean {nearest}?");
    }

    /// <summary>The members that have been read so far.</summary>
    struct Draft(JobLimits limits, DateTimeOffset now, FieldErrors errors, JobRequest? previous, JobRequest? template)
    {
        readonly DateTimeOffset latest = now.AddSeconds(limits.AheadSeconds);
        string? taskName = template?.TaskName, args = template?.Args, kwargs = template?.Kwargs, metadata = template?.Metadata;
        string? queueName = template?.QueueName, version = template?.Version, title = template?.Title, description = template?.Description;
        string? jobId, idempotencyKey;
        byte priority = template?.Priority ?? Normal;
        bool broadcast = template?.Broadcast ?? false;
        bool taskGiven = template is not null;
        bool versionGiven, endGiven;
        DateTimeOffset? scheduledAt, runAt, expiresAt;
        double? retryDelay = template?.RetryDelay, timeout = template?.Timeout;
        double? delay, expiresIn, waitTimeout;
        int? maxRetries = template?.MaxRetries;
        int argsBytes = Bytes(template?.Args), kwargsBytes = Bytes(template?.Kwargs);
        string[]? tags = template?.Tags;

        static int Bytes(string? text) => text is null ? 0 : System.Text.Encoding.UTF8.GetByteCount(text);

        public void Take(int field, JsonElement value)
        {
            var reader = new FieldReader(JobFields.All[field], value, errors);
            switch (field)
            {
                case JobFields.TaskName:
                    taskGiven = !reader.IsNull;
                    taskName = reader.Text(Names.ExpectedTask, Names.IsTask, previous?.TaskName);
                    break;
                case JobFields.Args: args = reader.Raw(JsonValueKind.Array, limits.ArgsBytes, limits.Nesting, out argsBytes); break;
                case JobFields.Kwargs: kwargs = reader.Raw(JsonValueKind.Object, limits.ArgsBytes, limits.Nesting, out kwargsBytes); break;
                case JobFields.QueueName: queueName = reader.Text(Names.ExpectedQueue, Names.IsQueue, previous?.QueueName); break;
                case JobFields.Priority: priority = reader.Priority(); break;
                case JobFields.ScheduledAt: scheduledAt = reader.Moment(latest); break;
                case JobFields.RunAt: runAt = reader.Moment(latest); break;
                case JobFields.Delay: delay = reader.Seconds(limits.AheadSeconds, zero: true); break;
                case JobFields.MaxRetries: maxRetries = reader.Whole(0, limits.MaxRetries); break;
                case JobFields.RetryDelay: retryDelay = reader.Seconds(limits.RetryDelaySeconds, zero: true); break;
                case JobFields.Timeout: timeout = reader.Seconds(limits.TimeoutSeconds, zero: false); break;
                case JobFields.Tags: tags = reader.Tags(limits.Tags, limits.TagLength); break;
                case JobFields.Metadata: metadata = reader.Raw(JsonValueKind.Object, limits.MetadataBytes, limits.Nesting, out _); break;
                default: TakeRare(field, reader, value); break;
            }
        }

        void TakeRare(int field, FieldReader reader, JsonElement value)
        {
            switch (field)
            {
                case JobFields.Version: (versionGiven, version) = (true, reader.Text(Names.ExpectedVersion, Names.IsVersion, previous?.Version)); break;
                case JobFields.JobId: jobId = ReadJobId(reader); break;
                case JobFields.IdempotencyKey: idempotencyKey = reader.Text(IdempotencyKeys.Expected, IdempotencyKeys.IsWellFormed); break;
                case JobFields.ExpiresIn: (endGiven, expiresIn) = (true, reader.Seconds(limits.AheadSeconds, zero: false)); break;
                case JobFields.ExpiresAt: (endGiven, expiresAt) = (true, reader.Moment(latest)); break;
                case JobFields.Title: title = reader.Prose(limits.TitleLength); break;
                case JobFields.Description: description = reader.Prose(limits.DescriptionLength); break;
                case JobFields.WaitTimeout: waitTimeout = reader.Seconds(limits.WaitSeconds, zero: true); break;
                case JobFields.Broadcast: broadcast = ReadBroadcast(value); break;
            }
        }

        readonly string? ReadJobId(FieldReader reader)
        {
            var id = reader.Text(JobIds.Expected, JobIds.IsWellFormed);
            if (id is not null && JobIds.IsReserved(id))
            {
                errors.Expected(JobFields.All[JobFields.JobId], "an id that is not a word of the API's own paths", FieldErrors.Quote(id));
            }
            return id;
        }

        readonly bool ReadBroadcast(JsonElement value)
        {
            if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
            {
                errors.Expected("broadcast", "true or false", value);
            }
            return value.ValueKind == JsonValueKind.True;
        }

        public JobRequest? Finish()
        {
            Inherit();
            if (!taskGiven)
            {
                errors.Expected("task_name", Names.ExpectedTask, "nothing");
            }
            if (argsBytes + kwargsBytes > limits.ArgsBytes)
            {
                errors.Expected("kwargs", $"at most {limits.ArgsBytes} bytes of JSON together with args", $"{argsBytes + kwargsBytes} bytes");
            }
            CheckTimes();
            return taskName is null ? null : new()
            {
                TaskName = taskName,
                Args = args,
                Kwargs = kwargs,
                Metadata = metadata,
                QueueName = queueName,
                Priority = priority,
                ScheduledAt = scheduledAt ?? runAt,
                Delay = delay,
                MaxRetries = maxRetries,
                RetryDelay = retryDelay,
                Timeout = timeout,
                Tags = tags,
                Version = version,
                JobId = jobId,
                Broadcast = broadcast,
                IdempotencyKey = idempotencyKey,
                ExpiresIn = expiresIn,
                ExpiresAt = expiresAt,
                Title = title,
                Description = description,
                WaitTimeout = waitTimeout,
                Parent = template?.Parent,
            };
        }

        /// <summary>A clone expires as long after its start as its template did. The version is kept only if the task is the same.</summary>
        void Inherit()
        {
            if (template is null)
            {
                return;
            }
            version = versionGiven || taskName == template.TaskName ? version : null;
            if (!endGiven && template.ExpiresIn is { } life)
            {
                expiresAt = (scheduledAt ?? runAt)?.AddSeconds(life);
                expiresIn = expiresAt is null ? life + (delay ?? 0) : null;
            }
        }

        readonly void CheckTimes()
        {
            Exclude("scheduled_at", scheduledAt is not null, "run_at", runAt is not null);
            Exclude("scheduled_at", scheduledAt is not null, "delay", delay is not null);
            Exclude("run_at", runAt is not null, "delay", delay is not null);
            Exclude("expires_at", expiresAt is not null, "expires_in", expiresIn is not null);
            if (expiresAt <= now)
            {
                errors.Expected("expires_at", "a time in the future", $"{Rfc3339.Format(expiresAt.Value)}, which has passed");
                return;
            }
            var start = scheduledAt ?? runAt ?? (delay is { } wait ? now.AddSeconds(wait) : null);
            var end = expiresAt ?? (expiresIn is { } life ? now.AddSeconds(life) : null);
            if (start >= end)
            {
                errors.Expected(scheduledAt is not null ? "scheduled_at" : runAt is not null ? "run_at" : "delay",
                    $"a start before the job expires at {Rfc3339.Format(end.Value)}", Rfc3339.Format(start.Value));
            }
        }

        readonly void Exclude(string first, bool hasFirst, string second, bool hasSecond)
        {
            if (hasFirst && hasSecond)
            {
                errors.Add(second, $"expected only one of {first} and {second}; got both");
            }
        }
    }
}
