using JobSystem.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>The C# of docs/outbox.md, so that it compiles; OutboxPageTests compares it, and runs what can be run.</summary>
static class OutboxPage
{
    public sealed class Order(decimal total)
    {
        public Guid Id { get; private set; } = Guid.CreateVersion7();

        public decimal Total { get; private set; } = total;
    }

    public sealed class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options)
    {
        public DbSet<Order> Orders => Set<Order>();

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddJobOutbox();
    }

    public static void Add(WebApplicationBuilder builder, string connectionString)
    {
        builder.Services.AddDbContext<ShopDb>(o => o.UseNpgsql(connectionString));
        builder.Services.AddJobSystemClient().AddOutbox<ShopDb>();
    }

    public sealed class Checkout(ShopDb db)
    {
        public async Task<string> Finish(decimal total, CancellationToken ct)
        {
            var order = new Order(total);
            db.Orders.Add(order);
            var job = db.Enqueue(new MakeInvoice(order.Id, total), x => x.Delay(TimeSpan.FromMinutes(5)).Tag("shop"));
            await db.SaveChangesAsync(ct);
            return job.Id;
        }
    }

    public static void EnqueueUntyped(DbContext db)
    {
        db.Enqueue(new CreateJobRequest { TaskName = "echo", Kwargs = new("""{"name":"Ada"}""") });
    }

    public static void AddWithOptions(WebApplicationBuilder builder)
    {
        builder.Services.AddJobSystemClient().AddOutbox<ShopDb>(o =>
        {
            o.BatchSize = 500;
            o.PollInterval = TimeSpan.FromSeconds(1);
            o.Retention = TimeSpan.FromDays(1);
        });
    }

    public static async Task<IReadOnlyList<OutboxJob>> FindRefused(DbContext db, CancellationToken ct)
    {
        var refused = await db.Set<OutboxJob>().Where(x => x.State == OutboxStates.Refused).ToListAsync(ct);
        return refused;
    }

    public static async Task<bool> PostAgain(DbContext db, CancellationToken ct)
    {
        await db.Set<OutboxJob>().Where(x => x.State == OutboxStates.Refused).ExecuteUpdateAsync(x => x
            .SetProperty(row => row.State, OutboxStates.Pending)
            .SetProperty(row => row.Error, (string?)null), ct);
        return true;
    }
}
