using JobSystem.JobApi.Model;
using JobSystem.JobApi.Rollups;

namespace JobSystem.JobApi.Storage;

/// <summary>A column of <c>jobs</c> and the source of its value, used by the statements of both databases.</summary>
abstract record JobColumn(string Name)
{
    public sealed record Text(string Name, Func<JobState, string?> Get) : JobColumn(Name);

    public sealed record Number(string Name, Func<JobState, int> Get) : JobColumn(Name);

    public sealed record Real(string Name, Func<JobState, double> Get) : JobColumn(Name);

    public sealed record Flag(string Name, Func<JobState, bool> Get) : JobColumn(Name);

    public sealed record Time(string Name, Func<JobState, DateTimeOffset?> Get) : JobColumn(Name);

    public sealed record Uuid(string Name, Func<JobState, Guid?> Get) : JobColumn(Name);

    public sealed record Bytes(string Name, Func<JobState, byte[]?> Get) : JobColumn(Name);

    public sealed record Tags(string Name, Func<JobState, string[]?> Get) : JobColumn(Name);

    /// <summary>Columns set by an insert; all others have fixed initial values. <c>counted</c> is not a column of the table.</summary>
    public static IReadOnlyList<JobColumn> Inserted { get; } =
    [
        new Uuid("id", x => x.CorrelationId),
        new Text("key", x => x.Key),
        new Text("task_name", x => x.TaskName),
        new Text("task_version", x => x.TaskVersion),
        new Text("queue_name", x => x.QueueName),
        new Number("priority", x => x.Priority),
        new Text("owner", x => x.Owner),
        new Text("args", x => x.Args),
        new Text("kwargs", x => x.Kwargs),
        new Text("metadata", x => x.Metadata),
        new Tags("tags", x => x.Tags),
        new Text("title", x => x.Title),
        new Text("description", x => x.Description),
        new Time("created_at", x => x.CreatedAt),
        new Time("scheduled_at", x => x.ScheduledAt),
        new Number("max_retries", x => x.MaxRetries),
        new Real("retry_delay", x => x.RetryDelay),
        new Real("timeout_seconds", x => x.TimeoutSeconds),
        new Text("idempotency_key", x => x.IdempotencyKey),
        new Bytes("request_hash", x => x.RequestHash),
        new Text("traceparent", x => x.Traceparent),
        new Uuid("parent_id", x => x.ParentId),
        new Text("parent_key", x => x.ParentKey),
        new Text("schedule_id", x => x.ScheduleId),
        new Text("pinned_to", x => x.PinnedTo),
        new Flag("is_broadcast", x => x.IsBroadcast),
        new Time("expires_at", x => x.ExpiresAt),
        new Time("not_before", x => x.NotBefore),
        new Time("ready_at", x => x.ReadyAt),
        new Time("due_at", x => x.DueAt),
        new Text("history", x => JobHistory.Lines(x.NewSteps, x.Version)),
        new Text("counted", RollupLines.From),
    ];

    /// <summary>Columns of <see cref="Inserted"/> that the table has.</summary>
    public static IReadOnlyList<JobColumn> Kept { get; } = [.. Inserted.Where(x => x.Name != "counted")];

    /// <summary>
    /// What the machine may change, plus what the write itself needs: <c>clears</c>, <c>steps</c> and <c>counted</c> are not columns of the table.
    /// </summary>
    public static IReadOnlyList<JobColumn> Written { get; } =
    [
        new Text("state", x => x.CurrentState),
        new Time("expires_at", x => x.ExpiresAt),
        new Number("attempt", x => x.Attempt),
        new Number("retry_count", x => x.RetryCount),
        new Number("lost_count", x => x.LostCount),
        new Number("lost_attempt", x => x.LostAttempt),
        new Text("worker_id", x => x.WorkerId),
        new Time("lease_until", x => x.LeaseUntil),
        new Time("not_before", x => x.NotBefore),
        new Time("ready_at", x => x.ReadyAt),
        new Text("children", x => x.Children),
        new Time("children_inserted_at", x => x.ChildrenInsertedAt),
        new Time("due_at", x => x.DueAt),
        new Time("started_at", x => x.StartedAt),
        new Time("completed_at", x => x.CompletedAt),
        new Text("outcome", x => x.Outcome),
        new Time("cancel_requested_at", x => x.CancelRequestedAt),
        new Text("cancel_reason", x => x.CancelReason),
        new Real("progress", x => x.Progress),
        new Text("progress_message", x => x.ProgressMessage),
        new Text("progress_curve", x => x.NewSteps.Exists(step => step.Event == ProgressCurve.Step) ? x.ProgressCurve : null),
        new Text("result", x => x.Result),
        new Text("error", x => x.Error),
        new Flag("clears", x => x.ClearsOutcome),
        new Text("fingerprint", x => x.Fingerprint),
        new Text("steps", x => JobHistory.Lines(x.NewSteps, x.Version)),
        new Text("counted", RollupLines.From),
    ];

    /// <summary>The right-hand side of <c>SET</c>: <c>i</c> is the decision, <c>j</c> the stored row.</summary>
    public static string Assigned(JobColumn column) => column.Name switch
    {
        // Never shortens a lease that was renewed after the row was loaded
        "lease_until" => "case when i.attempt = j.attempt and j.lease_until > i.lease_until then j.lease_until else i.lease_until end",
        "result" or "error" => $"case when i.clears then i.{column.Name} else coalesce(i.{column.Name}, j.{column.Name}) end",
        // Null if unchanged, because it may be long
        "progress_curve" or "children" => $"coalesce(i.{column.Name}, j.{column.Name})",
        // Made from the error when the job failed, which later steps of the failed job do not carry
        "fingerprint" => "case when i.outcome in ('failed', 'timeout') then coalesce(i.fingerprint, j.fingerprint) end",
        _ => $"i.{column.Name}",
    };

    /// <summary>Columns of <see cref="Written"/> that the table has under the same name.</summary>
    public static IEnumerable<JobColumn> Assignable => Written.Where(x => x.Name is not ("clears" or "steps" or "counted"));
}
