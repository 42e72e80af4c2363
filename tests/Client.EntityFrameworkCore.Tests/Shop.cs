using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>The database of a shop.</summary>
public class ShopDb(DbContextOptions options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddJobOutbox();
}

/// <summary>A shop whose table is elsewhere.</summary>
public sealed class OtherShopDb(DbContextOptions<OtherShopDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddJobOutbox("to_post", "shop");
}

public sealed class DbWithoutOutbox(DbContextOptions<DbWithoutOutbox> options) : DbContext(options);

/// <param name="jobId">The job that was saved with it.</param>
public sealed class Order(string jobId)
{
    public long Id { get; private set; }

    public string JobId { get; private set; } = jobId;
}

[Job("make_invoice", Queue = "still", MaxRetries = 5)]
public sealed record MakeInvoice(Guid OrderId, [Range(0, 1_000_000)] decimal Total) : IJob<string>;

[Job("make_note", Queue = "still")]
public sealed record MakeNote(string Text) : IJob;
