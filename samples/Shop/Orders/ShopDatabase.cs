using Microsoft.EntityFrameworkCore;

namespace JobSystem.Shop.Orders;

static class ShopDatabase
{
    /// <summary>The file is <c>shop.db</c>, unless the connection string <c>Shop</c> names another.</summary>
    public static void AddShopDatabase(this IHostApplicationBuilder builder)
    {
        var connection = builder.Configuration.GetConnectionString("Shop") ?? $"Data Source={Path.Combine(builder.Environment.ContentRootPath, "shop.db")}";
        builder.Services.AddDbContext<ShopDb>(x => x.UseSqlite(connection));
        builder.Logging.AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.Warning);
    }

    /// <summary>An application of your own has migrations.</summary>
    public static async Task CreateShopDatabase(this IServiceProvider services)
    {
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ShopDb>().Database.EnsureCreatedAsync();
    }
}
