using JobSystem.Client;
using JobSystem.Contracts;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Binding;

/// <summary>One task, ready to run.</summary>
sealed class CompiledTask(TaskDefinition definition, TaskInvoker invoker)
{
    readonly ArgumentBinder binder = new(invoker.Parameters, definition.AnyArguments);

    public string Name => definition.Name;
    public string Version => definition.Version;
    public bool IsAsync => definition.IsAsync;
    public string Queue => definition.Queue ?? "default";

    /// <param name="job">The attempt.</param>
    /// <param name="services">The container of the attempt; null if there is no middleware.</param>
    public ValueTask<JobOutcome> Invoke(TaskContext job, IServiceProvider? services) => invoker.Invoke(job, binder, services);

    public AnnouncedTask Announce() => new()
    {
        Name = definition.Name,
        Version = definition.Version,
        Description = definition.Description,
        Queue = definition.Queue,
        MaxRetries = definition.MaxRetries,
        RetryDelay = definition.RetryDelay?.TotalSeconds,
        Timeout = definition.Timeout?.TotalSeconds,
        IsAsync = definition.IsAsync,
        Parameters = ParameterSchema.Create(invoker.Parameters, definition.AnyArguments),
    };
}

/// <summary>All tasks of this worker. They are compiled at startup, so that errors in task definitions are found then.</summary>
sealed class TaskCatalog
{
    readonly Dictionary<string, CompiledTask[]> tasks;

    public TaskCatalog(IOptions<JobWorkerOptions> options, IServiceProvider services)
    {
        tasks = options.Value.Tasks.Definitions.Select(x => Compile(x, services)).GroupBy(x => x.Name)
            .ToDictionary(x => x.Key, x => x.OrderByDescending(y => y.Version, VersionOrder.Instance).ToArray());
        foreach (var group in tasks.Values)
        {
            if (group.DistinctBy(x => x.Version).Count() < group.Length)
            {
                throw new InvalidOperationException($"Task '{group[0].Name}' is mapped twice with the same version");
            }
        }
        Pipeline = TaskPipeline.Create(options.Value.Tasks.Middleware, services);
        Announcements = [.. tasks.Values.SelectMany(x => x).Select(x => x.Announce())];
        Queues = [.. tasks.Values.SelectMany(x => x).Select(x => x.Queue).Distinct()];
    }

    public IReadOnlyList<AnnouncedTask> Announcements { get; }

    /// <summary>What runs around each attempt; null if there is nothing.</summary>
    public TaskPipeline? Pipeline { get; }

    /// <summary>Default queues of the tasks.</summary>
    public IReadOnlyList<string> Queues { get; }

    /// <summary>Returns the requested version, or the highest one if none is requested; null if there is none.</summary>
    public CompiledTask? Find(string name, string? version) =>
        !tasks.TryGetValue(name, out var versions) ? null
        : version is null ? versions[0]
        : Array.Find(versions, x => x.Version == version);

    static CompiledTask Compile(TaskDefinition definition, IServiceProvider services)
    {
        try
        {
            return new(definition, definition.Compile(services));
        }
        catch (Exception exception) when (
            exception is InvalidOperationException or NotSupportedException or System.Reflection.TargetInvocationException)
        {
            throw new InvalidOperationException($"Task '{definition.Name}': {(exception.InnerException ?? exception).Message}", exception);
        }
    }
}
