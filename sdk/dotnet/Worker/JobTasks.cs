using System.Reflection;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker;

/// <summary>The tasks that a worker can run.</summary>
public sealed class JobTasks
{
    internal List<TaskDefinition> Definitions { get; } = [];

    internal List<Func<IServiceProvider, MiddlewareCall>> Middleware { get; } = [];

    /// <summary>
    /// Adds a task. The handler's parameters are bound like those of a minimal-API endpoint: <see cref="TaskContext"/>, <see cref="CancellationToken"/> and
    /// <see cref="Microsoft.Extensions.Logging.ILogger"/> are those of the attempt, registered services come from dependency injection, and all other
    /// parameters from the job: <c>args</c> by position, <c>kwargs</c> by name (snake_case or camelCase). A parameter with a default value or a nullable type
    /// is optional.
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
    /// <see cref="JobTaskAttribute"/>, or else with the name and the defaults in the <see cref="JobAttribute"/> of its arguments.
    /// </summary>
    /// <returns>A builder for the task's description and defaults.</returns>
    /// <exception cref="ArgumentException">Both attributes are missing, or the class is not a task.</exception>
    public TaskBuilder MapTask<TTask>() where TTask : class
    {
        var factory = ClassInvoker.CreateFactory(typeof(TTask));
        if (typeof(TTask).GetCustomAttribute<JobTaskAttribute>() is { } task)
        {
            return Add(new(task.Name, factory, IsAsync: true));
        }
        return ClassInvoker.ArgumentsOf(typeof(TTask)) is var args && typeof(IJob).IsAssignableFrom(args)
            ? AddJob(args, factory)
            : throw new ArgumentException(
                $"{typeof(TTask).Name} has no [JobTask(\"name\")]: add it, or call MapTask<{typeof(TTask).Name}>(\"name\")");
    }

    /// <summary>
    /// Adds a task for a type of jobs: name, queue, retries and times are those of its <see cref="JobAttribute"/>, and the members of the
    /// job are the task's arguments. A job is validated (<see cref="JobValidation"/>) before it runs.
    /// </summary>
    /// <typeparam name="TJob">The job, usually a record.</typeparam>
    /// <typeparam name="TResult">What the task returns.</typeparam>
    /// <param name="handler">Runs one attempt. An exception makes it fail.</param>
    /// <returns>A builder for the task's description and defaults.</returns>
    /// <exception cref="InvalidOperationException">The job's type has no <see cref="JobAttribute"/>, or one that is not valid.</exception>
    public TaskBuilder MapTask<TJob, TResult>(Func<TJob, TaskContext, CancellationToken, Task<TResult>> handler)
        where TJob : IJob<TResult> =>
        AddJob(typeof(TJob), services => new RecordInvoker<TJob>(
            (job, context, token) => ReturnValues.FromTaskOf(handler(job, context, token)), services));

    /// <inheritdoc cref="MapTask{TJob, TResult}"/>
    public TaskBuilder MapTask<TJob>(Func<TJob, TaskContext, CancellationToken, Task> handler) where TJob : IJob =>
        AddJob(typeof(TJob), services => new RecordInvoker<TJob>(
            (job, context, token) => ReturnValues.FromTask(handler(job, context, token)), services));

    /// <summary>
    /// Runs a middleware around each attempt of all tasks. The one that was added first is the outermost; whether tasks are mapped before or after does not
    /// matter. Without middleware an attempt costs nothing more.
    /// </summary>
    /// <typeparam name="TMiddleware">
    /// A class whose constructor parameters come from dependency injection. If it is itself registered, with any lifetime, it is taken from the container.
    /// </typeparam>
    public JobTasks Use<TMiddleware>() where TMiddleware : class, IJobMiddleware => Use(TaskPipeline.FromClass<TMiddleware>);

    /// <inheritdoc cref="Use{TMiddleware}"/>
    /// <param name="middleware">
    /// As <see cref="IJobMiddleware.Run"/>: gets the attempt, what runs the rest, and the attempt's token; returns the outcome.
    /// </param>
    public JobTasks Use(Func<TaskContext, Func<Task<JobOutcome>>, CancellationToken, Task<JobOutcome>> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return Use(_ => (job, next, _) => middleware(job, next, job.CancellationToken));
    }

    JobTasks Use(Func<IServiceProvider, MiddlewareCall> compile)
    {
        Middleware.Add(compile);
        return this;
    }

    /// <summary>Adds the tasks and the middleware of another list.</summary>
    internal void AddAll(JobTasks other)
    {
        Definitions.AddRange(other.Definitions);
        Middleware.AddRange(other.Middleware);
    }

    TaskBuilder AddJob(Type type, Func<IServiceProvider, TaskInvoker> factory)
    {
        var job = JobAttribute.ForType(type);
        var added = Add(new(job.Name, factory, IsAsync: true)
        {
            Queue = job.Queue,
            Description = job.Description,
            MaxRetries = job.MaxRetries < 0 ? null : job.MaxRetries,
            RetryDelay = job.RetryDelaySeconds < 0 ? null : TimeSpan.FromSeconds(job.RetryDelaySeconds),
            Timeout = job.TimeoutSeconds < 0 ? null : TimeSpan.FromSeconds(job.TimeoutSeconds),
        });
        return job.Version is { } version ? added.WithVersion(version) : added;
    }

    TaskBuilder Add(TaskDefinition definition)
    {
        Definitions.Add(definition);
        return new(definition);
    }
}
