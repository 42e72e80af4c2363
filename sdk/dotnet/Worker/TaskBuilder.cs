using JobSystem.Worker.Binding;

namespace JobSystem.Worker;

/// <summary>Describes a task. Queue, retries and times are defaults that each job can override.</summary>
public sealed class TaskBuilder
{
    readonly TaskDefinition definition;

    internal TaskBuilder(TaskDefinition definition) => this.definition = definition;

    /// <summary>Sets the description that <c>GET /tasks</c> and the dashboard show. Default: none.</summary>
    public TaskBuilder WithDescription(string description) => Set(() => definition.Description = description);

    /// <summary>Sets the queue of jobs that specify none. Default: <c>default</c>.</summary>
    public TaskBuilder WithQueue(string queueName) => Set(() => definition.Queue = queueName);

    /// <summary>Sets the maximum number of retries. Default: 3.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public TaskBuilder WithMaxRetries(int retries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retries);
        return Set(() => definition.MaxRetries = retries);
    }

    /// <summary>Sets the delay before the first retry; it doubles with each further retry. Default: one minute.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    public TaskBuilder WithRetryDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return Set(() => definition.RetryDelay = delay);
    }

    /// <summary>Sets the time limit of one attempt. Default: five minutes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is zero or negative.</exception>
    public TaskBuilder WithTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        return Set(() => definition.Timeout = timeout);
    }

    /// <summary>
    /// Sets the version of the task. A worker can have several versions of a task; a job that specifies no version runs the highest.
    /// Default: <c>1.0</c>.
    /// </summary>
    /// <exception cref="ArgumentException">The version is empty.</exception>
    public TaskBuilder WithVersion(string version)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(version);
        return Set(() => definition.Version = version);
    }

    /// <summary>
    /// Accepts arguments without a parameter, available as <see cref="TaskContext.Args"/> and <see cref="TaskContext.Kwargs"/>. Default:
    /// the attempt fails if a job has such arguments.
    /// </summary>
    public TaskBuilder WithAnyArguments() => Set(() => definition.AnyArguments = true);

    TaskBuilder Set(Action change)
    {
        change();
        return this;
    }
}
