using System.Data.Common;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>How a database hands out what has no type that both agree on.</summary>
interface IRowFormat
{
    static abstract Guid Uuid(DbDataReader row, int ordinal);

    static abstract DateTimeOffset Time(DbDataReader row, int ordinal);

    static abstract string[] Tags(DbDataReader row, int ordinal);
}

/// <summary>Columns of <c>jobs</c> in the order in which <see cref="JobRow{TFormat}"/> reads them.</summary>
static class JobRow
{
    /// <summary>What the machine needs.</summary>
    public const string Columns =
        "id, version, state, key, task_name, task_version, queue_name, priority, owner, args, kwargs, metadata, tags, title, description, " +
        "created_at, scheduled_at, max_retries, retry_delay, timeout_seconds, idempotency_key, request_hash, traceparent, parent_id, parent_key, schedule_id, pinned_to, is_broadcast, " +
        "expires_at, attempt, retry_count, lost_count, lost_attempt, worker_id, reserved_at, lease_until, not_before, ready_at, children_inserted_at, due_at, started_at, " +
        "completed_at, outcome, cancel_requested_at, cancel_reason, progress, progress_message, progress_curve, updated_at";

    /// <summary>The same, of a table with an alias.</summary>
    public static string ColumnsOf(string alias) => string.Join(", ", Columns.Split(", ").Select(x => $"{alias}.{x}"));

    /// <summary>What people see besides.</summary>
    public const string AllColumns = Columns + ", result, error, children, history";
}

/// <summary>Reads rows of <c>jobs</c>. The order of the columns is the order of the reads.</summary>
static class JobRow<TFormat> where TFormat : struct, IRowFormat
{
    public static JobState Read(DbDataReader row) => Read(row, first: 0);

    /// <param name="row">The row.</param>
    /// <param name="first">Ordinal of the first column.</param>
    public static JobState Read(DbDataReader row, int first)
    {
        var i = first;
        return new()
        {
            CorrelationId = TFormat.Uuid(row, i++),
            Version = row.GetInt32(i++),
            CurrentState = row.GetString(i++),
            Key = Text(row, i++),
            TaskName = row.GetString(i++),
            TaskVersion = Text(row, i++),
            QueueName = row.GetString(i++),
            Priority = (byte)row.GetInt16(i++),
            Owner = row.GetString(i++),
            Args = Text(row, i++),
            Kwargs = Text(row, i++),
            Metadata = Text(row, i++),
            Tags = row.IsDBNull(i++) ? null : TFormat.Tags(row, i - 1),
            Title = Text(row, i++),
            Description = Text(row, i++),
            CreatedAt = TFormat.Time(row, i++),
            ScheduledAt = Time(row, i++),
            MaxRetries = row.GetInt32(i++),
            RetryDelay = row.GetDouble(i++),
            TimeoutSeconds = row.GetDouble(i++),
            IdempotencyKey = Text(row, i++),
            RequestHash = row.IsDBNull(i++) ? null : row.GetFieldValue<byte[]>(i - 1),
            Traceparent = Text(row, i++),
            ParentId = row.IsDBNull(i++) ? null : TFormat.Uuid(row, i - 1),
            ParentKey = Text(row, i++),
            ScheduleId = Text(row, i++),
            PinnedTo = Text(row, i++),
            IsBroadcast = row.GetBoolean(i++),
            ExpiresAt = Time(row, i++),
            Attempt = row.GetInt32(i++),
            RetryCount = row.GetInt32(i++),
            LostCount = row.GetInt32(i++),
            LostAttempt = row.GetInt32(i++),
            WorkerId = Text(row, i++),
            ReservedAt = Time(row, i++),
            LeaseUntil = Time(row, i++),
            NotBefore = Time(row, i++),
            ReadyAt = TFormat.Time(row, i++),
            ChildrenInsertedAt = Time(row, i++),
            DueAt = Time(row, i++),
            StartedAt = Time(row, i++),
            CompletedAt = Time(row, i++),
            Outcome = Text(row, i++),
            CancelRequestedAt = Time(row, i++),
            CancelReason = Text(row, i++),
            Progress = row.GetDouble(i++),
            ProgressMessage = Text(row, i++),
            ProgressCurve = Text(row, i++),
            UpdatedAt = TFormat.Time(row, i),
        };
    }

    public static JobState ReadAll(DbDataReader row)
    {
        var job = Read(row);
        var i = row.FieldCount - 4;
        (job.Result, job.Error, job.Children, job.History) = (Text(row, i), Text(row, i + 1), Text(row, i + 2), Text(row, i + 3));
        return job;
    }

    public static string? Text(DbDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetString(ordinal);

    static DateTimeOffset? Time(DbDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : TFormat.Time(row, ordinal);
}
