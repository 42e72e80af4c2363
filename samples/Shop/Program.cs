using JobSystem.Client.EntityFrameworkCore;
using JobSystem.Hosting;
using JobSystem.Shop.Orders;

var builder = WebApplication.CreateBuilder(args);
builder.AddShopDatabase();
builder.AddJobSystem().MapTask<InvoiceTask>();
builder.Services.AddJobOutbox<ShopDb>();
var app = builder.Build();
await app.Services.CreateShopDatabase();
app.MapShop();
app.MapJobSystem("/jobs");
await app.RunAsync();
