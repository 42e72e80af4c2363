using JobSystem.JobApi;
using JobSystem.ServiceDefaults;

return await ServiceHost.RunAsync(
    args,
    builder =>
    {
        builder.AddJobSystemAuthentication();
        builder.AddJobApi();
        builder.AddJobSystemBus(bus => bus.AddJobApiConsumers(), (context, bus) => bus.ConfigureJobApiEndpoints(context));
    },
    app => app.MapJobApi());
