using System.Diagnostics;
using System.Net;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Client;
using JobSystem.Support;
using JobSystem.Worker;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace JobSystem.Hosting.Tests;

public sealed class When_an_application_runs_its_jobs
{
    static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Should_run_them_with_its_own_services_and_beside_its_own_bus()
    {
        await using var shop = await Shop.Open();
        using var deadline = new CancellationTokenSource(Soon);

        var invoice = await shop.Jobs.Enqueue(new MakeInvoice(7), cancellationToken: deadline.Token);
        await shop.App.Services.GetRequiredService<IBus>().Publish(new Ordered(8), deadline.Token);
        using var submitted = await shop.Http.SendAsync(
            shop.Request(HttpMethod.Post, "/jobs/api/v1/jobs", Shop.Key, body: new { task_name = "print", args = new[] { "hello" } }));

        Assert.Equal(new InvoiceMade("7/1", "admin"), await invoice.Result(deadline.Token));
        await Eventually.Holds(() => shop.App.Services.GetRequiredService<Printer>().Printed.Order().SequenceEqual(["hello", "ordered 8"]), Soon, "both are printed");
        Assert.Equal(HttpStatusCode.Created, submitted.StatusCode);
        Assert.StartsWith("/jobs/api/v1/jobs/", submitted.Headers.Location!.ToString(), StringComparison.Ordinal);
        using var job = await shop.Http.SendAsync(shop.Request(HttpMethod.Get, submitted.Headers.Location.ToString(), Shop.Key));
        Assert.Equal(HttpStatusCode.OK, job.StatusCode);
    }

    [Fact]
    public async Task Should_run_its_middleware_around_them()
    {
        await using var shop = await Shop.Open();
        using var deadline = new CancellationTokenSource(Soon);

        var job = await Client(shop).Jobs.Create(new() { TaskName = "closed" }, cancellationToken: deadline.Token);

        Assert.Equal("not today", await shop.Jobs.WaitForResult<string>(job.Id, deadline.Token));
    }

    [Fact]
    public async Task Should_run_what_its_tasks_enqueue()
    {
        await using var shop = await Shop.Open();
        using var deadline = new CancellationTokenSource(Soon);
        var order = await Client(shop).Jobs.Create(new() { TaskName = "order", Kwargs = RawJson.FromText("""{"id":9}""") }, cancellationToken: deadline.Token);

        var invoice = await shop.Jobs.WaitForResult<string>(order.Id, deadline.Token);

        Assert.Equal(new InvoiceMade("9/1", "admin"), await shop.Jobs.WaitForResult<InvoiceMade>(invoice, deadline.Token));
        Assert.Equal(order.Id, (await Client(shop).Jobs.Get(invoice, deadline.Token)).ParentId);
    }

    [Fact]
    public async Task Should_run_what_was_enqueued_before_a_restart()
    {
        using var folder = TemporaryFolder.Create("shop");
        string waiting, running;
        await using (var first = await Shop.Open(folder))
        {
            waiting = (await first.Jobs.Enqueue(new MakeInvoice(1), x => x.Delay(TimeSpan.FromSeconds(1)))).Id;
            running = (await first.Jobs.Enqueue(new MakeInvoice(2, TakesMs: 5000))).Id;
            await Eventually.Holds(async () => (await Client(first).Jobs.Get(running)).Status == "running", Soon, "it runs");
        }

        await using var second = await Shop.Open(folder);

        using var deadline = new CancellationTokenSource(Soon);
        Assert.Equal("1/1", (await second.Jobs.WaitForResult<InvoiceMade>(waiting, deadline.Token)).Number);
        // It was given back when the application stopped
        Assert.Equal("2/2", (await second.Jobs.WaitForResult<InvoiceMade>(running, deadline.Token)).Number);
    }

    [Fact]
    public async Task Should_serve_workers_and_clients_elsewhere()
    {
        await using var shop = await Shop.Open();
        var worker = Host.CreateApplicationBuilder();
        worker.Configuration["JOBSYSTEM_URL"] = new Uri(shop.Url, "jobs").ToString();
        worker.Configuration["JOBSYSTEM_API_KEY"] = Shop.Key;
        worker.Services.AddJobWorker(x => x.Tasks.MapTask("upper", (string text) => text.ToUpperInvariant()));
        using var elsewhere = worker.Build();
        await elsewhere.StartAsync();
        using var client = new JobSystemClient(new Uri(shop.Url, "jobs").ToString(), Shop.Key);
        await Eventually.Holds(async () => (await client.Tasks.List()).Items.Any(x => x.Name == "upper"), Soon, "its task is known");

        var events = new List<string>();
        using var deadline = new CancellationTokenSource(Soon);
        var job = await client.Jobs.Create(new() { TaskName = "upper", Args = RawJson.From(JsonElement.Parse("""["loud"]""")) }, cancellationToken: deadline.Token);
        await foreach (var step in client.Jobs.Stream(job.Id, cancellationToken: deadline.Token))
        {
            events.Add(step.Event);
        }

        Assert.Equal("completed", events[^1]);
        Assert.Equal("LOUD", await shop.Jobs.WaitForResult<string>(job.Id, deadline.Token));
        await elsewhere.StopAsync();
    }

    /// <summary>The same program, told of an address: its jobs are there, and it is one of the workers.</summary>
    [Fact]
    public async Task Should_use_a_system_elsewhere_when_it_is_told_of_one()
    {
        await using var first = await Shop.Open();
        await using var second = await Shop.Open(elsewhere: new Uri(first.Url, "jobs"));
        using var deadline = new CancellationTokenSource(Soon);
        await Eventually.Holds(async () => (await Client(first).Workers.List()).Total == 2, Soon, "both are workers");

        var jobs = await second.Jobs.EnqueueMany(Enumerable.Range(0, 40).Select(x => new MakeInvoice(x, TakesMs: 50)), cancellationToken: deadline.Token);
        foreach (var job in jobs)
        {
            await job.Result(deadline.Token);
        }

        var done = await Client(first).Jobs.List(cancellationToken: deadline.Token);
        Assert.Equal(40, done.Total);
        Assert.Equal(2, done.Items.Select(x => x.WorkerId).Distinct().Count());
        using var redirected = await second.Http.GetAsync("/jobs/ui/jobs?status=failed");
        Assert.Equal(new Uri(first.Url, "jobs/ui/jobs?status=failed"), redirected.Headers.Location);
    }

    [Fact]
    public async Task Should_not_start_twice_on_one_folder()
    {
        using var folder = TemporaryFolder.Create("shop");
        await using var first = await Shop.Open(folder);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => Shop.Open(folder));

        Assert.Contains("Is another JobSystem running on it? Choose another one with UseSqlite(folder).", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_say_what_is_wrong_with_the_program()
    {
        var twice = WebApplication.CreateBuilder();
        twice.AddJobSystem();
        Assert.Contains("AddJobSystem is called once", Assert.Throws<InvalidOperationException>(() => twice.AddJobSystem()).Message, StringComparison.Ordinal);
        var without = WebApplication.CreateBuilder().Build();
        Assert.Contains("needs builder.AddJobSystem()", Assert.Throws<InvalidOperationException>(() => without.MapJobSystem()).Message, StringComparison.Ordinal);
        var app = twice.Build();
        foreach (var path in (string[])["jobs", "/", "/jobs/", "/{tenant}/jobs"])
        {
            Assert.Contains($"got '{path}'", Assert.Throws<ArgumentException>(() => app.MapJobSystem(path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Should_not_wait_for_a_worker_without_tasks()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        // Calls within the process have no host of the application's
        builder.Configuration["AllowedHosts"] = "shop.example.com";
        builder.AddJobSystem(x => x.UseTemporaryFolder());
        await using var app = builder.Build();
        app.MapJobSystem();
        var watch = Stopwatch.StartNew();

        await app.StartAsync();
        for (var call = 0; call < 5; call++)
        {
            Assert.Empty((await app.Services.GetRequiredService<JobSystemClient>().Jobs.List()).Items);
        }
        await app.StopAsync();

        // A wait for the worker takes ten seconds
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Should_say_that_it_has_not_started()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddJobSystem(x => x.UseTemporaryFolder());
        await using var app = builder.Build();

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => app.Services.GetRequiredService<IJobs>().Enqueue(new MakeInvoice(1)));

        Assert.Contains("JobSystem has not started yet", refused.ToString(), StringComparison.Ordinal);
    }

    static JobSystemClient Client(Shop shop) => shop.App.Services.GetRequiredService<JobSystemClient>();
}
