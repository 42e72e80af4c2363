using JobSystem.Worker.Binding;

namespace JobSystem.Worker;

/// <summary>Describes a task. The values are defaults that each job can override.</summary>
public sealed class TaskBuilder
{
    readonly TaskDefinition definition;

    internal TaskBuilder(TaskDefinition definition) => this.definition = definition;

    /// <summary>Describes the task for <c>GET /tasks</c> and the dashboard.</summary>
    public TaskBuilder WithDescription(string description) => With(() => definition.Description = description);

    /// <summary>Queue of jobs that specify none. Default: <c>default</c>.</summary>
    public TaskBuilder WithQueue(string queueName) => With(() => definition.Queue = queueName);

    /// <summary>Maximum number of retries. Default: 3.</summary>
    public TaskBuilder WithMaxRetries(int retries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retries);
        return With(() => definition.MaxRetries = retries);
    }

    /// <summary>Delay before the first retry; it doubles with each further retry. Default: one minute.</summary>
    public TaskBuilder WithRetryDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return With(() => definition.RetryDelay = delay);
    }

    /// <summary>Time limit of one attempt. Default: five minutes.</summary>
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

    /// <summary>The task accepts additional arguments, available as <see cref="TaskContext.Args"/> and <see cref="TaskContext.Kwargs"/>.</summary>
    public TaskBuilder WithAnyArguments() => With(() => definition.AnyArguments = true);

    TaskBuilder With(Action change)
    {
        change();
        return this;
    }
}
