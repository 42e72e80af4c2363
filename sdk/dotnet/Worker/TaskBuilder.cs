using JobSystem.Worker.Binding;

namespace JobSystem.Worker;

/// <summary>Describes a task. What is set here are defaults that each job may override.</summary>
public sealed class TaskBuilder
{
    readonly TaskDefinition definition;

    internal TaskBuilder(TaskDefinition definition) => this.definition = definition;

    /// <summary>Says what the task does, for the people who look at <c>GET /tasks</c>.</summary>
    public TaskBuilder WithDescription(string description) => With(() => definition.Description = description);

    /// <summary>Queue of jobs that name none. Default: <c>default</c>.</summary>
    public TaskBuilder WithQueue(string queueName) => With(() => definition.Queue = queueName);

    /// <summary>How many times a failed attempt is repeated. Default: 3.</summary>
    public TaskBuilder WithMaxRetries(int retries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retries);
        return With(() => definition.MaxRetries = retries);
    }

    /// <summary>Pause before the first retry; each further one doubles. Default: one minute.</summary>
    public TaskBuilder WithRetryDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return With(() => definition.RetryDelay = delay);
    }

    /// <summary>How long one attempt may run. Default: five minutes.</summary>
    public TaskBuilder WithTimeout(TimeSpan timeout)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        return With(() => definition.Timeout = timeout);
    }

    /// <summary>Version of the task. A job may ask for exactly this one; several versions of a task may live in one worker. Default: <c>1.0</c>.</summary>
    public TaskBuilder WithVersion(string version)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(version);
        return With(() => definition.Version = version);
    }

    /// <summary>The task takes any arguments beside its parameters; it finds them in <see cref="TaskContext.Args"/> and <see cref="TaskContext.Kwargs"/>.</summary>
    public TaskBuilder WithAnyArguments() => With(() => definition.AnyArguments = true);

    TaskBuilder With(Action change)
    {
        change();
        return this;
    }
}
