using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Worker.Binding;

/// <summary>Runs the code of one task. Created once per task, with everything precomputed that does not depend on the job.</summary>
abstract class TaskInvoker
{
    public abstract IReadOnlyList<TaskParameter> Parameters { get; }

    /// <param name="job">The attempt.</param>
    /// <param name="binder">Binds its arguments.</param>
    /// <param name="services">The container of the attempt; null if the task creates one when it needs services.</param>
    /// <exception cref="InvalidArgumentsException">
    /// The arguments do not match the parameters. Exceptions of the task itself are not wrapped.
    /// </exception>
    public abstract ValueTask<JobOutcome> Invoke(TaskContext job, ArgumentBinder binder, IServiceProvider? services);
}

/// <summary>One call of a task: provides the arguments to the compiled code.</summary>
sealed class TaskCall(TaskContext job, JsonElement[] values, IReadOnlyList<TaskParameter> parameters, IServiceProvider? services)
{
    public TaskContext Job => job;

    public T? Argument<T>(int index) => ((TaskParameter<T>)parameters[index]).Read(values[index]);

    public T Service<T>() where T : notnull => services!.GetRequiredService<T>();

    public T? OptionalService<T>() => services!.GetService<T>();

    public T KeyedService<T>(object key) where T : notnull => services!.GetRequiredKeyedService<T>(key);
}
