using System.Text.Json.Serialization;
using JobSystem.Api;
using JobSystem.Client.CodeGeneration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace JobSystem.Client.Tests;

/// <summary>The C# of docs/client.md, so that it compiles; ClientPageTests compares it, and runs what can be run.</summary>
static class ClientPage
{
    [Job("make_invoice", Queue = "invoices", MaxRetries = 5)]
    public sealed record MakeInvoice(Guid OrderId, decimal Total) : IJob<InvoiceMade>;

    public sealed record InvoiceMade(string Number);

    public static void Add(WebApplicationBuilder builder, string apiKey)
    {
        builder.Services.AddJobSystemClient(o =>
        {
            o.Url = "https://jobs.example.com";
            o.ApiKey = apiKey;
        });
    }

    public sealed class Checkout(IJobs jobs)
    {
        public async Task<string> Finish(Guid orderId, decimal total, CancellationToken ct)
        {
            var job = await jobs.Enqueue(new MakeInvoice(orderId, total), x => x.Delay(TimeSpan.FromSeconds(1)).Tag("shop"), ct);
            InvoiceMade made = await job.Result(ct);
            return made.Number;
        }
    }

    public sealed record Order(Guid Id, decimal Total);

    public static async Task<int> EnqueueOrders(IJobs jobs, IReadOnlyList<Order> orders, CancellationToken ct)
    {
        var handles = await jobs.EnqueueMany(orders.Select(x => new MakeInvoice(x.Id, x.Total)), ct);
        await jobs.EnqueueMany(orders.Select(x => new MakeInvoice(x.Id, x.Total)), (x, i) => x.IdempotencyKey($"invoice-{orders[i].Id}"), ct);
        return handles.Count;
    }

    public static void Create(string apiKey)
    {
        using var client = new JobSystemClient("https://jobs.example.com", apiKey);
    }

    public static async Task GenerateCode(string apiKey, CancellationToken ct)
    {
        using var client = new JobSystemClient("https://jobs.example.com", apiKey);
        var tasks = await client.Tasks.List(limit: 1000, cancellationToken: ct);
        await File.WriteAllTextAsync("Jobs.cs", TaskCode.ToCSharp(tasks.Items, "Shop.Jobs"), ct);
    }

    public static async Task EnqueueOrLog(IJobs jobs, Guid orderId, decimal total, ILogger logger, CancellationToken ct)
    {
        try
        {
            await jobs.Enqueue(new MakeInvoice(orderId, total), ct);
        }
        catch (JobRefusedException refused)
        {
            logger.LogWarning("Not enqueued ({Code}): {Fields}", refused.Code, string.Join(", ", refused.Errors.Keys));
        }
    }

    public static async Task UseApi(JobSystemClient client, string jobId, ILogger logger, CancellationToken ct)
    {
        await client.Queues.Put("invoices", new() { MaxConcurrency = 4 }, ct);
        await client.Schedules.Create(new() { Name = "Daily report", TaskName = "echo", CronExpression = "0 6 * * MON-FRI" }, ct);

        await foreach (Job failed in client.Jobs.ListAll(new() { Status = [JobStatuses.Failed], Tags = ["shop"] }, ct))
        {
            await client.Jobs.Retry(failed.Id, cancellationToken: ct);
        }

        await foreach (var step in client.Jobs.Stream(jobId, ct))
        {
            logger.LogInformation("{Step} at {Time}", step.Event, step.At);
        }
    }

    public static void Trim(JobSystemClientOptions o)
    {
        o.TypeInfoResolver = ShopJson.Default;
    }
}

static class GeneratedPage
{
    [Job("make_invoice")]
    public sealed partial record MakeInvoice : IJob;

    public sealed partial record MakeInvoice : IJob<InvoiceMade>;

    public sealed record InvoiceMade(string Number);
}

[JsonSerializable(typeof(ClientPage.MakeInvoice))]
[JsonSerializable(typeof(ClientPage.InvoiceMade))]
sealed partial class ShopJson : JsonSerializerContext;
