using JobSystem.Client;
using JobSystem.Client.EntityFrameworkCore;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Hosting.Tests;

public sealed class When_an_application_saves_and_enqueues
{
    /// <summary>The system inside, and the application's own database with an outbox: an order and its job are there together, or neither is.</summary>
    [Fact]
    public async Task Should_do_both_or_neither()
    {
        using var folder = TemporaryFolder.Create("shop");
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddDbContext<ShopDb>(x => x.UseSqlite($"Data Source={folder.At("shop.db")}"));
        builder.AddJobSystem(x => x.UseTemporaryFolder()).MapTask<MakeInvoice, InvoiceMade>((job, run, _) => Task.FromResult(new InvoiceMade($"{job.OrderId}", run.Owner)));
        builder.Services.AddJobOutbox<ShopDb>();
        await using var app = builder.Build();
        using (var scope = app.Services.CreateScope())
        {
            await scope.ServiceProvider.GetRequiredService<ShopDb>().Database.EnsureCreatedAsync();
        }
        await app.StartAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        await Save(app, 1, commits: false);
        var job = await Save(app, 2, commits: true);

        Assert.Equal("2", (await job.Result(deadline.Token)).Number);
        var all = await app.Services.GetRequiredService<JobSystemClient>().Jobs.List(cancellationToken: deadline.Token);
        Assert.Equal([job.Id], all.Items.Select(x => x.Id));
        await app.StopAsync();
    }

    static async Task<JobHandle<InvoiceMade>> Save(WebApplication app, int order, bool commits)
    {
        using var scope = app.Services.CreateScope();
        var db = scope.ServiceProvider.GetRequiredService<ShopDb>();
        await using var transaction = await db.Database.BeginTransactionAsync();
        db.Orders.Add(new() { Id = order });
        var job = db.Enqueue(new MakeInvoice(order));
        await db.SaveChangesAsync();
        if (commits)
        {
            await transaction.CommitAsync();
        }
        return job;
    }

    public sealed class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options)
    {
        public DbSet<Order> Orders => Set<Order>();

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddJobOutbox();
    }

    public sealed class Order
    {
        public int Id { get; set; }
    }
}
