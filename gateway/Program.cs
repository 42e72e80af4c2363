using JobSystem.Gateway;
using JobSystem.ServiceDefaults;

return await ServiceHost.RunAsync(args, builder => builder.AddGateway(), app => app.MapGateway());
