using JobSystem.Scheduler;
using JobSystem.ServiceDefaults;

return await ServiceHost.RunAsync(
    args,
    builder => builder
        .AddJobSystemAuthentication()
        .AddScheduler()
        .AddJobSystemBus(bus => bus.AddSchedulerConsumers(), (context, bus) => bus.ConfigureSchedulerEndpoints(context)),
    app => app.MapScheduler());
