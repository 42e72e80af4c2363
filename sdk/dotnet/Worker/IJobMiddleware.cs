namespace JobSystem.Worker;

/// <summary>
/// Runs around each attempt of a worker, whatever its task is, for <see cref="JobTasks.Use{TMiddleware}"/>. Each attempt gets an instance of its own from the
/// container, in the scope from which the task gets its services.
/// </summary>
public interface IJobMiddleware
{
    /// <summary>Runs one attempt, or decides its outcome without doing so.</summary>
    /// <param name="job">The attempt and its job.</param>
    /// <param name="next">
    /// Runs the rest: the middleware that was registered after this one, and then the task, whose arguments are bound and checked first. It returns the
    /// outcome, and throws what the task throws. It can be called once; not calling it means that the task does not run. If
    /// it is called and not awaited, the attempt ends when it has ended.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the attempt has to stop; the same as <see cref="TaskContext.CancellationToken"/>.</param>
    /// <returns>
    /// The outcome: that of <paramref name="next"/>, or another one. After the time limit, the attempt has timed out regardless. An exception makes it fail.
    /// </returns>
    Task<JobOutcome> Run(TaskContext job, Func<Task<JobOutcome>> next, CancellationToken cancellationToken);
}
