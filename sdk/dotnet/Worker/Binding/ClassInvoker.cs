using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Worker.Binding;

/// <summary>Creates invokers for the <see cref="IJobTask{TArgs, TResult}"/> that a class implements.</summary>
static class ClassInvoker
{
    public static Func<IServiceProvider, TaskInvoker> CreateFactory(Type task)
    {
        var invoker = typeof(ClassInvoker<,,>).MakeGenericType([task, .. Contract(task).GetGenericArguments()]);
        return services => (TaskInvoker)Activator.CreateInstance(invoker, services)!;
    }

    /// <summary>The type of the arguments.</summary>
    public static Type ArgumentsOf(Type task) => Contract(task).GetGenericArguments()[0];

    static Type Contract(Type task)
    {
        var contracts = task.GetInterfaces().Where(x => x.IsGenericType && x.GetGenericTypeDefinition() == typeof(IJobTask<,>)).ToList();
        return contracts.Count == 1 && !task.IsAbstract
            ? contracts[0]
            : throw new ArgumentException($"{task.Name} has to implement IJobTask<TArgs, TResult> exactly once, and must not be abstract");
    }
}

/// <summary>A task that is a class: its arguments are the members of one object.</summary>
sealed class ClassInvoker<TTask, TArgs, TResult>(IServiceProvider services) : TaskInvoker
    where TTask : class, IJobTask<TArgs, TResult>
    where TArgs : notnull
{
    readonly ObjectFactory<TTask> create = ActivatorUtilities.CreateFactory<TTask>([]);
    readonly IServiceScopeFactory scopes = services.GetRequiredService<IServiceScopeFactory>();
    readonly RecordArguments<TArgs> arguments = new(services);

    public override IReadOnlyList<TaskParameter> Parameters => arguments.Parameters;

    public override ValueTask<JobOutcome> Invoke(TaskContext job, ArgumentBinder binder, IServiceProvider? services)
    {
        var args = arguments.Read(binder.Bind(job));
        if (services is not null)
        {
            return Run(services, args, job);
        }
        var scope = scopes.CreateAsyncScope();
        return TaskScope.Run(() => Run(scope.ServiceProvider, args, job), scope.DisposeAsync);
    }

    ValueTask<JobOutcome> Run(IServiceProvider services, TArgs args, TaskContext job)
    {
        var task = create(services, null);
        return TaskScope.Run(
            async () => await ReturnValues.FromValue(await task.Run(args, job, job.CancellationToken)), () => TaskScope.DisposeCreated(task));
    }
}
