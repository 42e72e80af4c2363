using JobSystem.Client.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Shop.Orders;

/// <summary>The shop's own data, and the jobs that are committed with it.</summary>
sealed class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Order>().HasIndex(x => x.Voucher).IsUnique();
        modelBuilder.AddJobOutbox();
    }
}

sealed class Order
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public required string Customer { get; set; }

    public required decimal Total { get; set; }

    /// <summary>Good for one order; null if the customer has none.</summary>
    public string? Voucher { get; set; }

    public string? InvoiceNumber { get; set; }
}
