using JobSystem.Api;
using JobSystem.Client;
using JobSystem.Client.EntityFrameworkCore;
using JobSystem.Worker;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Documents.Surroundings;

/// <summary>
/// What blocks of documents use without saying where it comes from, besides what their page declares itself. A block of statements is compiled as a method of a
/// class that inherits these names.
/// </summary>
public abstract class Names
{
#pragma warning disable IDE1006, CA2211, CS8618 // A document's reader sees them as variables and parameters
    protected static WebApplicationBuilder builder;
    protected static WebApplication app;
    protected static JobWorkerBuilder worker;
    protected static IServiceCollection services;
    protected static IBusRegistrationConfigurator bus;
    protected static IJobs jobs;
    protected static JobSystemClient client;
    protected static ShopDb db;
    protected static IMailer mailer;
    protected static ILogger logger;
    protected static HttpClient http;
    protected static CancellationToken ct;
    protected static string[] args;
    protected static string apiKey;
    protected static string connectionString;
    protected static string jobId;
    protected static Guid orderId;
    protected static decimal total;
#pragma warning restore IDE1006, CA2211, CS8618
}

[Job("make_invoice", Queue = "invoices", MaxRetries = 5)]
public sealed record MakeInvoice(Guid OrderId, decimal Total) : IJob<InvoiceMade>;

public sealed record InvoiceMade(string Number);

[Job("send_mail")]
public sealed record SendMail(string To, string Subject) : IJob;

public interface IMailer
{
    Task Send(string to, string subject, CancellationToken cancellationToken);
}

public sealed class InvoiceTask(IMailer mailer) : IJobTask<MakeInvoice, InvoiceMade>
{
    public async Task<InvoiceMade> Run(MakeInvoice args, TaskContext job, CancellationToken cancellationToken)
    {
        await mailer.Send("shop@example.com", $"invoice of order {args.OrderId}", cancellationToken);
        return new($"R-{args.OrderId:N}");
    }
}

public sealed class RateLimitException(TimeSpan retryAfter) : Exception
{
    public TimeSpan RetryAfter => retryAfter;
}

public sealed class Order
{
    public Guid Id { get; set; } = Guid.CreateVersion7();

    public required string Customer { get; set; }

    public required decimal Total { get; set; }

    public string? InvoiceNumber { get; set; }
}

public sealed class ShopDb(DbContextOptions<ShopDb> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddJobOutbox();
}
