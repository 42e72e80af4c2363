using JobSystem.Executor;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Bus;

return await ServiceHost.RunAsync(
    args,
    builder => builder
        .RequireBroker()
        .AddExecutor()
        .AddJobSystemBus(_ => { }, (context, bus) => bus.ConfigureExecutorEndpoints(context)),
    app => app.MapExecutor());
