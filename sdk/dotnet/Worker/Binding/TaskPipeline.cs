using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Worker.Binding;

/// <summary>Calls one middleware.</summary>
/// <param name="job">The attempt.</param>
/// <param name="next">Runs the rest.</param>
/// <param name="services">The container of the attempt.</param>
delegate Task<JobOutcome> MiddlewareCall(TaskContext job, Func<Task<JobOutcome>> next, IServiceProvider services);

/// <summary>The middleware around each attempt, in the order of registration. Task and middleware share one scope of the container.</summary>
sealed class TaskPipeline
{
    readonly MiddlewareCall[] calls;
    readonly IServiceScopeFactory scopes;

    TaskPipeline(MiddlewareCall[] calls, IServiceScopeFactory scopes) => (this.calls, this.scopes) = (calls, scopes);

    /// <summary>Returns null if there is no middleware.</summary>
    public static TaskPipeline? Create(IReadOnlyList<Func<IServiceProvider, MiddlewareCall>> middleware, IServiceProvider services) =>
        middleware.Count == 0 ? null : new([.. middleware.Select(x => x(services))], services.GetRequiredService<IServiceScopeFactory>());

    /// <summary>Makes a middleware of a class: one that is registered comes from the container, any other is created with services of it.</summary>
    public static MiddlewareCall FromClass<TMiddleware>(IServiceProvider services) where TMiddleware : class, IJobMiddleware
    {
        if (services.GetRequiredService<IServiceProviderIsService>().IsService(typeof(TMiddleware)))
        {
            return (job, next, scope) => scope.GetRequiredService<TMiddleware>().Run(job, next, job.CancellationToken);
        }
        var create = ActivatorUtilities.CreateFactory<TMiddleware>([]);
        return async (job, next, scope) =>
        {
            var middleware = create(scope, null);
            return await TaskScope.Run(
                async () => await middleware.Run(job, next, job.CancellationToken), () => TaskScope.DisposeCreated(middleware));
        };
    }

    /// <param name="job">The attempt.</param>
    /// <param name="task">Runs the task with services of this container.</param>
    public ValueTask<JobOutcome> Run(TaskContext job, Func<IServiceProvider, ValueTask<JobOutcome>> task)
    {
        var scope = scopes.CreateAsyncScope();
        return TaskScope.Run(() => new(Run(0, job, task, scope.ServiceProvider)), scope.DisposeAsync);
    }

    async Task<JobOutcome> Run(int index, TaskContext job, Func<IServiceProvider, ValueTask<JobOutcome>> task, IServiceProvider services)
    {
        if (index == calls.Length)
        {
            return await task(services);
        }
        var isCalled = 0;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            return await calls[index](job, Next, services)
                ?? throw new InvalidOperationException("A middleware returned null. Return what next returns, or another JobOutcome");
        }
        finally
        {
            // What it has called and not awaited uses the services of the attempt
            if (Interlocked.Exchange(ref isCalled, 1) != 0)
            {
                await ended.Task;
            }
        }

        Task<JobOutcome> Next()
        {
            if (Interlocked.Exchange(ref isCalled, 1) != 0)
            {
                throw new InvalidOperationException("A middleware called next twice. An attempt runs once; return JobOutcome.Failed to have it retried");
            }
            return RunRest();
        }

        async Task<JobOutcome> RunRest()
        {
            try
            {
                return await Run(index + 1, job, task, services);
            }
            finally
            {
                ended.SetResult();
            }
        }
    }
}
