using System.Text.Json;
using JobSystem.Api;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tasks;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Tasks;

/// <summary>The tasks that workers have announced.</summary>
static class TaskEndpoints
{
    public static void MapTasks(this IEndpointRouteBuilder api)
    {
        var tasks = api.MapGroup("/tasks").WithTags("Tasks").RequireCaller();
        tasks.MapGet("/", List).WithName(JobApiOperations.ListTasks).WithSummary("List registered tasks");
        tasks.MapGet("/{taskName}", Get).WithName(JobApiOperations.GetTask).WithSummary("Get a task");
    }

    static async Task<Results<RecordAnswer<Listing<RegisteredTask>>, ProblemHttpResult>> List(
        HttpRequest http, TaskRegistry catalogue, CancellationToken cancellationToken)
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
        var listing = new Listing<RegisteredTask> { Items = [.. all.Skip(offset).Take(limit).Select(ToRecord)], Total = all.Count };
        return new RecordAnswer<Listing<RegisteredTask>>(listing, ApiJson.Default.ListingRegisteredTask);
    }

    static async Task<Results<RecordAnswer<RegisteredTask>, ProblemHttpResult>> Get(
        string taskName, HttpRequest http, TaskRegistry catalogue, CancellationToken cancellationToken)
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
            return new RecordAnswer<RegisteredTask>(ToRecord(task), ApiJson.Default.RegisteredTask);
        }
        return catalogue.Versions(taskName) is { Count: > 0 } others
            ? Problems.NotFound($"Task version not found: {taskName} {version}; known: {string.Join(", ", others.Select(x => x.Task.Version))}", "task_version_not_found")
            : Problems.NotFound($"Task not found: {taskName}", "task_not_found");
    }

    static RegisteredTask ToRecord(KnownTask known)
    {
        var task = known.Task;
        return new()
        {
            Name = task.Name,
            Description = task.Description,
            IsAsync = task.IsAsync,
            Timeout = task.Timeout ?? JobAdmission.DefaultTimeout,
            MaxRetries = task.MaxRetries ?? JobAdmission.DefaultMaxRetries,
            RetryDelay = task.RetryDelay ?? JobAdmission.DefaultRetryDelay,
            Queue = task.Queue ?? JobAdmission.DefaultQueue,
            Version = task.Version,
            Parameters = task.Parameters is { ValueKind: not JsonValueKind.Undefined } parameters ? RawJson.From(parameters) : null,
            Workers = [.. known.Workers],
            LastSeenAt = known.LastSeenAt,
        };
    }
}
