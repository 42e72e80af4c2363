using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Http.Jobs.Lists;

/// <summary>Reads list filters from a query string or a body.</summary>
static class JobFilterReader
{
    public static readonly string[] Names =
        ["queue_name", "status", "priority", "tags", "worker_id", "task_name", "owner", "schedule_id", "parent_id", "fingerprint", "created_after", "created_before", "q"];

    const string ExpectedText = "a string of at most 200 characters";

    public static JobFilter Read(QueryReader query) => new()
    {
        QueueNames = query.Texts("queue_name", Contracts.Names.ExpectedQueue, Contracts.Names.IsQueue),
        Statuses = query.Words("status", JobStatus.All),
        Priorities = [.. query.Words("priority", Priority.All).Select(Priority.ToLevel)],
        Tags = query.Texts("tags", "tags without commas", tag => tag.Length > 0),
        WorkerId = query.Text("worker_id"),
        TaskName = query.Text("task_name", Contracts.Names.ExpectedTask, Contracts.Names.IsTask),
        Owner = query.Text("owner"),
        ScheduleId = query.Text("schedule_id"),
        ParentId = Parent(query.Text("parent_id", JobIds.Expected, JobIds.IsWellFormed)),
        Fingerprint = query.Text("fingerprint", FailureFingerprint.Expected, FailureFingerprint.IsWellFormed),
        CreatedAfter = query.Moment("created_after"),
        CreatedBefore = query.Moment("created_before"),
        Text = query.Text("q", ExpectedText, IsText),
    };

    /// <summary>Reads the filter from a JSON object; members with several values accept a string or an array of strings.</summary>
    public static JobFilter Read(JsonElement body, string prefix, FieldErrors errors)
    {
        var filter = new JobFilter();
        ObjectReader.Read(body, errors, Names, (name, value) => filter = Take(filter, name, new FieldReader(prefix + name, value, errors)), prefix);
        return filter;
    }

    static JobFilter Take(JobFilter filter, string name, FieldReader field) => name switch
    {
        "queue_name" => filter with { QueueNames = field.Texts(Contracts.Names.ExpectedQueue, Contracts.Names.IsQueue) },
        "status" => filter with { Statuses = field.Words(JobStatus.All) },
        "priority" => filter with { Priorities = [.. field.Words(Priority.All).Select(Priority.ToLevel)] },
        "tags" => filter with { Tags = field.Texts("a tag", IsStorable) },
        "worker_id" => filter with { WorkerId = field.Text("a string", IsStorable) },
        "task_name" => filter with { TaskName = field.Text(Contracts.Names.ExpectedTask, Contracts.Names.IsTask) },
        "owner" => filter with { Owner = field.Text("a string", IsStorable) },
        "schedule_id" => filter with { ScheduleId = field.Text("a string", IsStorable) },
        "parent_id" => filter with { ParentId = Parent(field.Text(JobIds.Expected, JobIds.IsWellFormed)) },
        "fingerprint" => filter with { Fingerprint = field.Text(FailureFingerprint.Expected, FailureFingerprint.IsWellFormed) },
        "created_after" => filter with { CreatedAfter = field.Moment() },
        "created_before" => filter with { CreatedBefore = field.Moment() },
        _ => filter with { Text = field.Text(ExpectedText, IsText) },
    };

    /// <summary>A parent's custom id is resolved like any other id.</summary>
    static Guid? Parent(string? id) => id is null ? null : JobIds.Resolve(id).Id;

    static bool IsText(string text) => text.Length <= 200 && IsStorable(text);

    static bool IsStorable(string text) => text.Length > 0 && !text.Contains('\0');
}
