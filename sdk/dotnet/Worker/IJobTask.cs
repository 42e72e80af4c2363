namespace JobSystem.Worker;

/// <summary>A task implemented as a class. It is instantiated for every attempt; constructor parameters come from dependency injection.</summary>
/// <typeparam name="TArgs">
/// A class or record whose members are the task's arguments: given by name (snake_case or camelCase) or by position, in the order of their declaration.
/// </typeparam>
/// <typeparam name="TResult">The result, or a <see cref="JobOutcome"/>.</typeparam>
public interface IJobTask<in TArgs, TResult> where TArgs : notnull
{
    /// <summary>Runs one attempt.</summary>
    /// <param name="args">The job's arguments.</param>
    /// <param name="job">The job that this is an attempt of.</param>
    /// <param name="cancellationToken">Fires when the attempt has to stop; <see cref="TaskContext.StopReason"/> says why.</param>
    Task<TResult> Run(TArgs args, TaskContext job, CancellationToken cancellationToken);
}

/// <summary>The name of a task class, for <see cref="JobTasks.MapTask{TTask}()"/>.</summary>
/// <param name="name">The name that jobs ask for. It does not change when the class is renamed.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class JobTaskAttribute(string name) : Attribute
{
    /// <summary>The task name that jobs specify.</summary>
    public string Name { get; } = name;
}
