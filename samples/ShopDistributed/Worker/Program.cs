using JobSystem.Shop.Orders;
using JobSystem.Worker;

var builder = Host.CreateApplicationBuilder(args);
builder.AddShopDatabase();
builder.Services.AddJobWorker(x => x.Tasks.MapTask<InvoiceTask>());
await builder.Build().RunAsync();
