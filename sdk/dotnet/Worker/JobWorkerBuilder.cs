using JobSystem.Worker.Bus;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker;

/// <summary>Puts a worker process together.</summary>
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

    /// <summary>The services that tasks may ask for.</summary>
    public IServiceCollection Services => host.Services;

    /// <summary>Settings: environment variables, command line, and whatever is added.</summary>
    public IConfigurationManager Configuration => host.Configuration;

    /// <summary>Where the worker logs to. What tasks log is kept with their jobs as well.</summary>
    public ILoggingBuilder Logging => host.Logging;

    /// <inheritdoc cref="JobTasks.MapTask(string, Delegate)"/>
    public TaskBuilder MapTask(string name, Delegate handler) => tasks.MapTask(name, handler);

    /// <inheritdoc cref="JobTasks.MapTask{TTask}(string)"/>
    public TaskBuilder MapTask<TTask>(string name) where TTask : class => tasks.MapTask<TTask>(name);

    /// <inheritdoc cref="JobTasks.MapTask{TTask}()"/>
    public TaskBuilder MapTask<TTask>() where TTask : class => tasks.MapTask<TTask>();

    /// <summary>Makes the worker. It does nothing before it runs; what is wrong with its settings is said then.</summary>
    public JobWorker Build()
    {
        try
        {
            return Build(BrokerAddress.Read(host.Configuration));
        }
        catch (WorkerSettingException wrong)
        {
            return new(wrong);
        }
        catch (OptionsValidationException wrong)
        {
            return new(new WorkerSettingException(wrong.Message, wrong));
        }
    }

    JobWorker Build(BrokerAddress broker)
    {
        Services.AddJobWorker(options => options.Tasks.Definitions.AddRange(tasks.Definitions));
        Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.AddJobWorkerConsumers();
            bus.UsingRabbitMq((context, rabbit) =>
            {
                broker.Apply(rabbit);
                rabbit.ConfigureJsonSerializerOptions(x => new(x) { WriteIndented = false });
                rabbit.UseRawJsonDeserializer();
                rabbit.ConfigureJobWorkerEndpoints(context);
            });
        });
        return new(host.Build());
    }
}
