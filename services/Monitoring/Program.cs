using JobSystem.Monitoring;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.OpenApi;

return await ServiceHost.RunAsync(
    args,
    builder => builder
        .AddJobSystemAuthentication()
        .AddMonitoring()
        .AddJobSystemBus(bus => bus.AddMonitoringConsumers(), (context, bus) => bus.ConfigureMonitoringEndpoints(context)),
    app =>
    {
        app.MapMonitoring();
        app.MapApiDocuments();
    });
