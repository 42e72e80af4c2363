using System.Reflection;

namespace JobSystem;

/// <summary>
/// The task that a job runs, and how its jobs run unless a caller says otherwise. What the attribute says is sent with each job; what it
/// leaves out is the task's own default.
/// </summary>
/// <param name="name">
/// Name of the task: 1 to 128 letters, digits, <c>.</c>, <c>_</c>, <c>:</c> or <c>-</c>. It does not depend on the name of the type, so that the type can be
/// renamed while jobs wait.
/// </param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class JobAttribute(string name) : Attribute
{
    const int MaxNameLength = 128;

    /// <summary>Name of the task.</summary>
    public string Name { get; } = name;

    /// <summary>Queue of the jobs. Default: the task's own, or <c>default</c>.</summary>
    public string? Queue { get; set; }

    /// <summary>Most retries, from 0 to 100; a job has one attempt more. Default: -1, the task's own, or 3.</summary>
    public int MaxRetries { get; set; } = -1;

    /// <summary>Seconds before the first retry; each further one waits twice as long. Default: -1, the task's own, or 60.</summary>
    public double RetryDelaySeconds { get; set; } = -1;

    /// <summary>Seconds that an attempt may take. Default: -1, the task's own, or 300.</summary>
    public double TimeoutSeconds { get; set; } = -1;

    /// <summary>Priority of the jobs. Default: <see cref="JobPriority.Normal"/>.</summary>
    public JobPriority Priority { get; set; }

    /// <summary>Version of the task. Default: the newest.</summary>
    public string? Version { get; set; }

    /// <summary>What the task does, for people: a worker that maps the job announces it. Default: none.</summary>
    public string? Description { get; set; }

    /// <summary>Tags of the jobs, by which they are found; at most 32 of at most 64 characters. Default: none.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>Returns the attribute of a job's type.</summary>
    /// <param name="job">A type of jobs.</param>
    /// <exception cref="InvalidOperationException">
    /// The type has no such attribute, or the attribute's name is not the name of a task.
    /// </exception>
    public static JobAttribute ForType(Type job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var found = job.GetCustomAttribute<JobAttribute>(inherit: false) ?? throw new InvalidOperationException(
            $"{job.Name} has no [Job(\"name\")], which names the task that it runs: add it to the type.");
        return IsName(found.Name) ? found : throw new InvalidOperationException(
            $"{job.Name}: [Job(\"{found.Name}\")]: expected the name of a task, "
            + $"1 to {MaxNameLength} letters, digits, '.', '_', ':' or '-'.");
    }

    static bool IsName(string? name) =>
        name is { Length: > 0 and <= MaxNameLength } && name.All(x => char.IsAsciiLetterOrDigit(x) || x is '.' or '_' or ':' or '-');
}
