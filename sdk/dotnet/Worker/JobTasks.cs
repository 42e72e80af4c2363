using System.Reflection;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker;

/// <summary>The tasks that a worker can run.</summary>
public sealed class JobTasks
{
    internal List<TaskDefinition> Definitions { get; } = [];

    /// <summary>
    /// Adds a task. The handler's parameters are filled like those of a minimal-API endpoint: <see cref="TaskContext"/>, <see cref="CancellationToken"/> and
    /// <see cref="Microsoft.Extensions.Logging.ILogger"/> as they are, registered services from dependency injection, and everything else from the job:
    /// <c>args</c> by position, <c>kwargs</c> by name (snake_case or camelCase). A parameter with a default value, or of a nullable type, may be left out.
    /// </summary>
    /// <param name="name">The name that jobs ask for.</param>
    /// <param name="handler">Returns the result, a <see cref="JobOutcome"/>, nothing, or a task of these.</param>
    /// <exception cref="ArgumentException">The name is empty, too long or has spaces in it.</exception>
    public TaskBuilder MapTask(string name, Delegate handler) =>
        Add(new(name, services => new DelegateInvoker(handler, services), ReturnValues.IsAwaitable(handler.Method.ReturnType)));

    /// <summary>Adds a task that is a class implementing <see cref="IJobTask{TArgs, TResult}"/>.</summary>
    /// <param name="name">The name that jobs ask for.</param>
    /// <exception cref="ArgumentException">The class implements no or several <see cref="IJobTask{TArgs, TResult}"/>, or the name is not usable.</exception>
    public TaskBuilder MapTask<TTask>(string name) where TTask : class =>
        Add(new(name, ClassInvoker.Factory(typeof(TTask)), IsAsync: true));

    /// <summary>Adds a task that is a class implementing <see cref="IJobTask{TArgs, TResult}"/> and has its name in a <see cref="JobTaskAttribute"/>.</summary>
    /// <exception cref="ArgumentException">The attribute is missing, or the class is not a task.</exception>
    public TaskBuilder MapTask<TTask>() where TTask : class =>
        MapTask<TTask>(typeof(TTask).GetCustomAttribute<JobTaskAttribute>()?.Name
            ?? throw new ArgumentException($"{typeof(TTask).Name} has no [JobTask(\"name\")]: add it, or call MapTask<{typeof(TTask).Name}>(\"name\")"));

    TaskBuilder Add(TaskDefinition definition)
    {
        Definitions.Add(definition);
        return new(definition);
    }
}
