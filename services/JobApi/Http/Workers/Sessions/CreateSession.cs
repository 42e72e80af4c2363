using System.Security.Cryptography;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Sessions;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using WorkerSession = JobSystem.JobApi.Sessions.WorkerSession;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>POST /worker-sessions.</summary>
static class CreateSession
{
    const string Failed = "Failed to connect worker";
    const string ExpectedName = "a name of 1 to 128 letters, digits, '.', '_' or '-'";
    const string ExpectedText = "a string of at most 200 characters without control characters";
    const int NameLength = 128;
    const int TextLength = 200;
    const int MostSlots = 10_000;
    const int MostTasks = 10_000;
    const int RandomIdBytes = 10;
    static readonly string[] members = ["name", "host", "version", "queues", "slots", "tasks"];
    static readonly string[] taskMembers = ["name", "version", "description", "queue", "max_retries", "retry_delay", "timeout", "is_async", "parameters"];

    public static async Task<Results<RecordAnswer<Api.WorkerSession>, ProblemHttpResult>> Handle(
        HttpContext http, WorkerSessions sessions, WorkerDirectory workers, JobQueues queues, DatabaseClock clock, IOptions<JobLimits> limits,
        IOptions<LifecycleOptions> options, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        var errors = new FieldErrors();
        Wanted wanted;
        using (body)
        {
            wanted = Read(body.Root, limits.Value, errors);
        }
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        var scope = RunScope.Of(http.User);
        if (Refuse(wanted, scope) is { } refusal)
        {
            return refusal;
        }
        var session = new WorkerSession
        {
            Id = $"{wanted.Name}{WorkerSession.Separator}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomIdBytes))}",
            Owner = Caller.NameOf(http),
            Name = wanted.Name!,
            Host = wanted.Host,
            Version = wanted.Version,
            Slots = wanted.Slots!.Value,
            Queues = wanted.Queues.Count > 0 ? wanted.Queues : scope.Queues,
            Tasks = wanted.Tasks!,
            Secret = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes),
            StartedAt = Rfc3339.ToMicroseconds(clock.UtcNow),
        };
        await sessions.Add(session, cancellationToken);
        await workers.Update(await session.Heartbeat("starting", [], 0, 0, queues, clock, cancellationToken), cancellationToken);
        var note = AuditNote.ForRequest(http);
        note.ObjectId = session.Id;
        note.Add("tasks", string.Join(' ', session.Tasks.Select(x => x.Name)));
        note.Add("queues", string.Join(' ', session.Queues));
        return new RecordAnswer<Api.WorkerSession>(ToRecord(session, clock.UtcNow, options.Value), ApiJson.Default.WorkerSession,
            StatusCodes.Status201Created, $"/api/v1/worker-sessions/{session.Id}");
    }

    static Api.WorkerSession ToRecord(WorkerSession session, DateTimeOffset now, LifecycleOptions options) => new()
    {
        Id = session.Id,
        Name = session.Name,
        Queues = session.Queues,
        Lease = options.LeaseSeconds,
        HeartbeatInterval = options.LeaseSeconds / 3.0,
        Now = now,
    };

    static ProblemHttpResult? Refuse(Wanted wanted, RunScope scope)
    {
        var tasks = wanted.Tasks!.Select(x => x.Name).Where(x => !scope.IncludesTask(x)).ToList();
        if (tasks.Count > 0)
        {
            return Problems.Forbidden($"The API key may not run the tasks {Join(tasks)}; it may run {Join(scope.Tasks)}.");
        }
        var queues = wanted.Queues.Where(x => !scope.IncludesQueue(x)).ToList();
        return queues.Count == 0
            ? null
            : Problems.Forbidden($"The API key may not run jobs of the queues {Join(queues)}; it may run those of {Join(scope.Queues)}.");
    }

    static string Join(IEnumerable<string> names) => string.Join(", ", names);

    static Wanted Read(JsonElement body, JobLimits limits, FieldErrors errors)
    {
        var wanted = new Wanted();
        ObjectReader.Read(body, errors, members, (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            switch (name)
            {
                case "name": wanted.Name = field.Text(ExpectedName, x => Names.IsWellFormed(x, NameLength, colon: false)); break;
                case "host": wanted.Host = field.Text(ExpectedText, IsText) ?? ""; break;
                case "version": wanted.Version = field.Text(ExpectedText, IsText) ?? ""; break;
                case "queues": wanted.Queues = field.Texts(Names.ExpectedQueue, Names.IsQueue); break;
                case "slots": wanted.Slots = field.Whole(1, MostSlots); break;
                default: wanted.Tasks = ReadTasks(value, limits, errors); break;
            }
        });
        errors.Require("name", wanted.Name is not null, ExpectedName);
        errors.Require("slots", wanted.Slots is not null, $"a whole number from 1 to {MostSlots}");
        errors.Require("tasks", wanted.Tasks is not null, "an array of at least one task");
        return wanted;
    }

    static List<AnnouncedTask> ReadTasks(JsonElement value, JobLimits limits, FieldErrors errors)
    {
        var versions = new HashSet<(string, string)>();
        return ItemReader.Read(value, "tasks", MostTasks, errors, (item, prefix) =>
        {
            var task = ReadTask(item, prefix, limits, errors);
            if (task.Name.Length > 0 && !versions.Add((task.Name, task.Version)))
            {
                errors.Expected($"{prefix}name", "each version of a task once", $"{task.Name} {task.Version} more than once");
            }
            return task;
        }, least: 1);
    }

    static AnnouncedTask ReadTask(JsonElement value, string prefix, JobLimits limits, FieldErrors errors)
    {
        string? name = null;
        var task = new AnnouncedTask { Name = "", Version = "1.0", IsAsync = true };
        ObjectReader.Read(value, errors, taskMembers, (member, given) =>
        {
            var field = new FieldReader(prefix + member, given, errors);
            switch (member)
            {
                case "name": name = field.Text(Names.ExpectedTask, Names.IsTask); break;
                case "version": task = task with { Version = field.Text(Names.ExpectedVersion, Names.IsVersion) ?? task.Version }; break;
                case "description": task = task with { Description = field.Prose(limits.DescriptionLength) }; break;
                case "queue": task = task with { Queue = field.Text(Names.ExpectedQueue, Names.IsQueue) }; break;
                case "max_retries": task = task with { MaxRetries = field.Whole(0, limits.MaxRetries) }; break;
                case "retry_delay": task = task with { RetryDelay = field.Seconds(limits.RetryDelaySeconds, zero: true) }; break;
                case "timeout": task = task with { Timeout = field.Seconds(limits.TimeoutSeconds, zero: false) }; break;
                case "is_async": task = task with { IsAsync = field.Flag() ?? true }; break;
                default: task = task with { Parameters = ReadSchema(field, limits) }; break;
            }
        }, prefix);
        errors.Require(prefix + "name", name is not null, Names.ExpectedTask);
        return task with { Name = name ?? "" };
    }

    static JsonElement? ReadSchema(FieldReader field, JobLimits limits) =>
        field.Raw(JsonValueKind.Object, limits.ArgsBytes, limits.Nesting, out _) is { } text ? JsonElement.Parse(text) : null;

    static bool IsText(string text) => text.Length <= TextLength && !text.Any(char.IsControl);

    sealed class Wanted
    {
        public string? Name { get; set; }
        public string Host { get; set; } = "";
        public string Version { get; set; } = "";
        public IReadOnlyList<string> Queues { get; set; } = [];
        public int? Slots { get; set; }
        public List<AnnouncedTask>? Tasks { get; set; }
    }
}
