using JobSystem.Scheduler;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.OpenApi;

return await ServiceHost.RunAsync(
    args,
    builder => builder
        .AddJobSystemAuthentication()
        .AddScheduler()
        .AddJobSystemBus(bus => bus.AddSchedulerConsumers(), (context, bus) => bus.ConfigureSchedulerEndpoints(context)),
    app =>
    {
        app.MapScheduler();
        app.MapApiDocuments();
    });
