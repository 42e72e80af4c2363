using System.Reflection;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker;

/// <summary>The tasks that a worker can run.</summary>
public sealed class JobTasks
{
    internal List<TaskDefinition> Definitions { get; } = [];

    /// <summary>
    /// Adds a task. The handler's parameters are bound like those of a minimal-API endpoint: <see cref="TaskContext"/>,
    /// <see cref="CancellationToken"/> and <see cref="Microsoft.Extensions.Logging.ILogger"/> are those of the
    /// attempt, registered services come
    /// from dependency injection, and all other parameters from the job: <c>args</c> by position, <c>kwargs</c> by name (snake_case or
    /// camelCase). A parameter with a default value or a nullable type is optional.
    /// </summary>
    /// <param name="name">The task name that jobs specify: 1 to 200 characters without spaces.</param>
    /// <param name="handler">
    /// Returns the result, a <see cref="JobOutcome"/>, nothing, or a task of these. A handler that returns no task
    /// runs on a thread of its own.
    /// </param>
    /// <returns>A builder for the task's description and defaults.</returns>
    /// <exception cref="ArgumentException">The name is empty, longer than 200 characters, or contains spaces.</exception>
    public TaskBuilder MapTask(string name, Delegate handler) =>
        Add(new(name, services => new DelegateInvoker(handler, services), ReturnValues.IsAwaitable(handler.Method.ReturnType)));

    /// <summary>Adds a task that is a class implementing <see cref="IJobTask{TArgs, TResult}"/>.</summary>
    /// <param name="name">The task name that jobs specify: 1 to 200 characters without spaces.</param>
    /// <returns>A builder for the task's description and defaults.</returns>
    /// <exception cref="ArgumentException">
    /// The class does not implement exactly one <see cref="IJobTask{TArgs, TResult}"/> or is abstract, or the name is not valid.
    /// </exception>
    public TaskBuilder MapTask<TTask>(string name) where TTask : class =>
        Add(new(name, ClassInvoker.CreateFactory(typeof(TTask)), IsAsync: true));

    /// <summary>
    /// Adds a task that is a class implementing <see cref="IJobTask{TArgs, TResult}"/>, with the name in its
    /// <see cref="JobTaskAttribute"/>.
    /// </summary>
    /// <returns>A builder for the task's description and defaults.</returns>
    /// <exception cref="ArgumentException">The attribute is missing, or the class is not a task.</exception>
    public TaskBuilder MapTask<TTask>() where TTask : class =>
        MapTask<TTask>(typeof(TTask).GetCustomAttribute<JobTaskAttribute>()?.Name
            ?? throw new ArgumentException(
                $"{typeof(TTask).Name} has no [JobTask(\"name\")]: add it, or call MapTask<{typeof(TTask).Name}>(\"name\")"));

    TaskBuilder Add(TaskDefinition definition)
    {
        Definitions.Add(definition);
        return new(definition);
    }
}
