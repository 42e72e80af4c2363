using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace JobSystem.Hosting.Tests;

/// <summary>The C# of docs/hosting.md, so that it compiles; <see cref="HostingPageTests"/> compares it.</summary>
static class HostingPage
{
    public static void Run(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddJobSystem()
            .MapTask<MakeInvoice, InvoiceMade>(async (job, run, ct) => new InvoiceMade(await PrintInvoice(job, ct)))
            .MapTask("clean_up", async (int days, ShopDb db, CancellationToken ct) => await db.DeleteOlderThan(days, ct));
        var app = builder.Build();
        app.MapJobSystem("/jobs");
        app.Run();
    }

    public static void RunSeveral(WebApplicationBuilder builder)
    {
        builder.AddJobSystem(options => options.UsePostgres(builder.Configuration.GetConnectionString("Shop")!));
    }

    static Task<string> PrintInvoice(MakeInvoice job, CancellationToken ct) => Task.FromResult($"R-{job.OrderId}{ct}");

    [Job("make_invoice")]
    public sealed record MakeInvoice(int OrderId) : IJob<InvoiceMade>;

    public sealed record InvoiceMade(string Number);

    public sealed class ShopDb
    {
        public Task DeleteOlderThan(int days, CancellationToken ct) => Task.Delay(TimeSpan.FromDays(days), ct);
    }
}
