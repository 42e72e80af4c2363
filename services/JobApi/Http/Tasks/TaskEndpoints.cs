using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tasks;
using JobSystem.ServiceDefaults;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Tasks;

/// <summary>The tasks that workers have announced.</summary>
static class TaskEndpoints
{
    public static void MapTasks(this IEndpointRouteBuilder api)
    {
        var tasks = api.MapGroup("/tasks").WithTags("Tasks").RequireCaller();
        tasks.MapGet("/", List).WithName("ListTasks").WithSummary("List registered tasks");
        tasks.MapGet("/{taskName}", Get).WithName("GetTask").WithSummary("Get a task");
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> List(HttpRequest http, TaskRegistry catalogue, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset"]);
        var (limit, offset) = (query.Limit(), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list tasks");
        }
        await catalogue.Refresh(cancellationToken);
        var all = catalogue.All();
        return new WrittenAnswer(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("items"u8);
            for (var i = offset; i < Math.Min(all.Count, offset + (long)limit); i++)
            {
                Write(json, all[i]);
            }
            json.WriteEndArray();
            json.WriteNumber("total"u8, all.Count);
            json.WriteEndObject();
        });
    }

    static async Task<Results<WrittenAnswer, ProblemHttpResult>> Get(string taskName, HttpRequest http, TaskRegistry catalogue, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var version = new QueryReader(http.Query, errors, ["version"]).Text("version", Names.ExpectedVersion, Names.IsVersion);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to get task");
        }
        await catalogue.Refresh(cancellationToken);
        if (catalogue.Find(taskName, version) is { } task)
        {
            return new WrittenAnswer(json => Write(json, task));
        }
        return catalogue.Versions(taskName) is { Count: > 0 } others
            ? Problems.NotFound($"Task version not found: {taskName} {version}; known: {string.Join(", ", others.Select(x => x.Task.Version))}", "task_version_not_found")
            : Problems.NotFound($"Task not found: {taskName}", "task_not_found");
    }

    static void Write(Utf8JsonWriter json, KnownTask known)
    {
        var task = known.Task;
        json.WriteStartObject();
        json.WriteString("name"u8, task.Name);
        json.WriteString("description"u8, task.Description);
        json.WriteBoolean("is_async"u8, task.IsAsync);
        json.WriteNumber("timeout"u8, task.Timeout ?? JobAdmission.DefaultTimeout);
        json.WriteNumber("max_retries"u8, task.MaxRetries ?? JobAdmission.DefaultMaxRetries);
        json.WriteNumber("retry_delay"u8, task.RetryDelay ?? JobAdmission.DefaultRetryDelay);
        json.WriteString("queue"u8, task.Queue ?? JobAdmission.DefaultQueue);
        json.WriteString("version"u8, task.Version);
        json.WritePropertyName("parameters"u8);
        if (task.Parameters is { ValueKind: not JsonValueKind.Undefined } parameters)
        {
            parameters.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }
        json.WriteStartArray("workers"u8);
        foreach (var worker in known.Workers)
        {
            json.WriteStringValue(worker);
        }
        json.WriteEndArray();
        json.WriteString("last_seen_at"u8, known.LastSeenAt.UtcDateTime);
        json.WriteEndObject();
    }
}
