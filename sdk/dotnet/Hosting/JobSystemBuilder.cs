using JobSystem.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Hosting;

/// <summary>Adds the application's tasks. Their parameters come from the job, and from the application's own container.</summary>
public sealed class JobSystemBuilder
{
    internal JobSystemBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's container.</summary>
    public IServiceCollection Services { get; }

    /// <inheritdoc cref="JobTasks.MapTask(string, Delegate)"/>
    public JobSystemBuilder MapTask(string name, Delegate handler) => Map(x => x.MapTask(name, handler));

    /// <inheritdoc cref="JobTasks.MapTask{TTask}(string)"/>
    public JobSystemBuilder MapTask<TTask>(string name) where TTask : class => Map(x => x.MapTask<TTask>(name));

    /// <inheritdoc cref="JobTasks.MapTask{TTask}()"/>
    public JobSystemBuilder MapTask<TTask>() where TTask : class => Map(x => x.MapTask<TTask>());

    /// <inheritdoc cref="JobTasks.MapTask{TJob, TResult}"/>
    public JobSystemBuilder MapTask<TJob, TResult>(Func<TJob, TaskContext, CancellationToken, Task<TResult>> handler)
        where TJob : IJob<TResult> =>
        Map(x => x.MapTask(handler));

    /// <inheritdoc cref="JobTasks.MapTask{TJob, TResult}"/>
    public JobSystemBuilder MapTask<TJob>(Func<TJob, TaskContext, CancellationToken, Task> handler) where TJob : IJob => Map(x => x.MapTask(handler));

    /// <inheritdoc cref="JobTasks.Use{TMiddleware}"/>
    public JobSystemBuilder Use<TMiddleware>() where TMiddleware : class, IJobMiddleware => Map(x => x.Use<TMiddleware>());

    /// <inheritdoc cref="JobTasks.Use(Func{TaskContext, Func{Task{JobOutcome}}, CancellationToken, Task{JobOutcome}})"/>
    public JobSystemBuilder Use(Func<TaskContext, Func<Task<JobOutcome>>, CancellationToken, Task<JobOutcome>> middleware) => Map(x => x.Use(middleware));

    /// <summary>Sets what a worker has: slots, queues, and tasks with all that can be said of them.</summary>
    /// <param name="configure">Called after the settings (<c>JOBSYSTEM_SLOTS</c> and others) have been read.</param>
    public JobSystemBuilder Configure(Action<JobWorkerOptions> configure)
    {
        Services.Configure(configure);
        return this;
    }

    JobSystemBuilder Map(Action<JobTasks> map) => Configure(x => map(x.Tasks));
}
