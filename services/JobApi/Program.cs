using JobSystem.JobApi;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.OpenApi;

return await ServiceHost.RunAsync(
    args,
    builder =>
    {
        builder.AddJobSystemAuthentication();
        builder.AddJobApi();
        builder.AddJobSystemBus(bus => bus.AddJobApiConsumers(), (context, bus) => bus.ConfigureJobApiEndpoints(context));
    },
    app =>
    {
        app.MapJobApi();
        app.MapApiDocuments();
    });
