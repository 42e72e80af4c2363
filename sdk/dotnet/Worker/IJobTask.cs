namespace JobSystem.Worker;

/// <summary>
/// A task implemented as a class. Each attempt gets an instance of its own, whose constructor parameters come from dependency injection.
/// </summary>
/// <typeparam name="TArgs">
/// A class or record whose members are the task's arguments. The job gives them by name (snake_case or camelCase), or by position in
/// the order of their declaration.
/// </typeparam>
/// <typeparam name="TResult">The result, or a <see cref="JobOutcome"/>.</typeparam>
public interface IJobTask<in TArgs, TResult> where TArgs : notnull
{
    /// <summary>Runs one attempt. An exception makes it fail.</summary>
    /// <param name="args">The job's arguments.</param>
    /// <param name="job">The attempt and its job.</param>
    /// <param name="cancellationToken">
    /// Cancelled when the attempt has to stop; <see cref="TaskContext.StopReason"/> gives the reason.
    /// </param>
    /// <returns>The result, as JSON at most 256 KiB, or a <see cref="JobOutcome"/>.</returns>
    Task<TResult> Run(TArgs args, TaskContext job, CancellationToken cancellationToken);
}

/// <summary>The name of a task class, for <see cref="JobTasks.MapTask{TTask}()"/>.</summary>
/// <param name="name">
/// The task name that jobs specify: 1 to 200 characters without spaces. It does not depend on the name of the class.
/// </param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class JobTaskAttribute(string name) : Attribute
{
    /// <summary>The task name that jobs specify.</summary>
    public string Name { get; } = name;
}
