using JobSystem.Contracts;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>Filter of a stream. Several values of a member match any of them; <c>event</c> and <c>status</c> together match either.</summary>
sealed record EventFilter
{
    public static readonly IReadOnlyList<string> EventWords =
    [
        "created", "dispatched", "reserved", "running", "progress", "retrying", .. JobStatus.Final,
        "cancel_requested", "lease_lost", "report_refused", "retry_requested", "force_completed",
    ];

    static readonly string[] parameters = ["queue_name", "task_name", "event", "status", "owner"];

    /// <summary>Events after which a job is pending.</summary>
    static readonly string[] pending = ["created", "dispatched", "retry_requested"];

    public IReadOnlyList<string> QueueNames { get; init; } = [];
    public IReadOnlyList<string> TaskNames { get; init; } = [];
    public IReadOnlyList<string> Words { get; init; } = [];
    public string? Owner { get; init; }

    /// <summary>Owner whose jobs the caller may see; null for all.</summary>
    public string? OnlyOwner { get; init; }

    public static EventFilter Read(IQueryCollection given, FieldErrors errors)
    {
        var query = new QueryReader(given, errors, parameters);
        var statuses = query.Words("status", JobStatus.All).SelectMany(x => x == JobStatus.Pending ? pending : [x]);
        return new()
        {
            QueueNames = query.Texts("queue_name", Names.ExpectedQueue, Names.IsQueue),
            TaskNames = query.Texts("task_name", Names.ExpectedTask, Names.IsTask),
            Words = [.. query.Words("event", EventWords).Union(statuses)],
            Owner = query.Text("owner"),
        };
    }

    public bool Fits(RingEvent step) =>
        Fits(QueueNames, step.QueueName) && Fits(TaskNames, step.TaskName) && Fits(Words, step.Word) && (Owner is null || Owner == step.Owner)
        && (OnlyOwner is null || OnlyOwner == step.Owner);

    static bool Fits(IReadOnlyList<string> any, string value) => any.Count == 0 || any.Contains(value);
}
