using JobSystem.Worker.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker;

/// <summary>Configures a worker process.</summary>
public sealed class JobWorkerBuilder
{
    readonly HostApplicationBuilder host;
    readonly JobTasks tasks = new();

    internal JobWorkerBuilder(string[]? args)
    {
        host = Host.CreateApplicationBuilder(args);
        host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        host.Logging.AddFilter("MassTransit", LogLevel.Warning);
    }

    /// <summary>The container; its services can be injected into tasks.</summary>
    public IServiceCollection Services => host.Services;

    /// <summary>Configuration: environment variables, command line, and added sources.</summary>
    public IConfigurationManager Configuration => host.Configuration;

    /// <summary>Logging of the worker. Log lines of tasks are also stored with their jobs.</summary>
    public ILoggingBuilder Logging => host.Logging;

    /// <inheritdoc cref="JobTasks.MapTask(string, Delegate)"/>
    public TaskBuilder MapTask(string name, Delegate handler) => tasks.MapTask(name, handler);

    /// <inheritdoc cref="JobTasks.MapTask{TTask}(string)"/>
    public TaskBuilder MapTask<TTask>(string name) where TTask : class => tasks.MapTask<TTask>(name);

    /// <inheritdoc cref="JobTasks.MapTask{TTask}()"/>
    public TaskBuilder MapTask<TTask>() where TTask : class => tasks.MapTask<TTask>();

    /// <inheritdoc cref="JobTasks.MapTask{TJob, TResult}"/>
    public TaskBuilder MapTask<TJob, TResult>(Func<TJob, TaskContext, CancellationToken, Task<TResult>> handler)
        where TJob : IJob<TResult> =>
        tasks.MapTask(handler);

    /// <inheritdoc cref="JobTasks.MapTask{TJob, TResult}"/>
    public TaskBuilder MapTask<TJob>(Func<TJob, TaskContext, CancellationToken, Task> handler) where TJob : IJob => tasks.MapTask(handler);

    /// <inheritdoc cref="JobTasks.Use{TMiddleware}"/>
    public JobWorkerBuilder Use<TMiddleware>() where TMiddleware : class, IJobMiddleware
    {
        tasks.Use<TMiddleware>();
        return this;
    }

    /// <inheritdoc cref="JobTasks.Use(Func{TaskContext, Func{Task{JobOutcome}}, CancellationToken, Task{JobOutcome}})"/>
    public JobWorkerBuilder Use(Func<TaskContext, Func<Task<JobOutcome>>, CancellationToken, Task<JobOutcome>> middleware)
    {
        tasks.Use(middleware);
        return this;
    }

    /// <summary>Adds another transport than HTTP to the container; throws if a setting of it is missing or not understood.</summary>
    internal Action<IConfiguration>? Transport { get; set; }

    /// <summary>Builds the worker. Missing or invalid settings are reported when it starts.</summary>
    public JobWorker Build()
    {
        try
        {
            Services.AddJobWorker(options => options.Tasks.AddAll(tasks));
            if (Transport is { } add)
            {
                add(host.Configuration);
            }
            else
            {
                WorkerClient.Read(host.Configuration);
            }
            return new(host.Build());
        }
        catch (WorkerSettingException exception)
        {
            return new(exception);
        }
        catch (OptionsValidationException exception)
        {
            return new(new WorkerSettingException(exception.Message, exception));
        }
    }
}
