using JobSystem.Client;
using JobSystem.Client.EntityFrameworkCore;
using JobSystem.Shop.Orders;

var builder = WebApplication.CreateBuilder(args);
builder.AddShopDatabase();
builder.Services.AddJobSystemClient().AddOutbox<ShopDb>();
var app = builder.Build();
await app.Services.CreateShopDatabase();
app.MapShop();
await app.RunAsync();
