using JobSystem.Api;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.Tests;

/// <summary>Typed jobs, on the whole system.</summary>
[Collection(nameof(ClientHost))]
public sealed class When_jobs_are_enqueued(ClientHost host)
{
    static readonly MakeFullInvoice invoice = new(
        Guid.CreateVersion7(), 9.50m, new(2026, 3, 29, 1, 59, 59, 123, TimeSpan.FromHours(1)), PaymentKind.BankTransfer, new("Main St 1", null),
        [new("Täßchen \"x\"", 2), new("", -1)], null, null, System.Numerics.BigInteger.Pow(2, 100))
    { Grace = TimeSpan.FromHours(30) };

    [Fact]
    public async Task Should_return_what_the_task_returns()
    {
        var job = await host.Client.Enqueue(invoice);

        FullInvoiceMade made = await job.Result();

        Assert.Equal($"1-{invoice.OrderId:N}", made.Number);
        Assert.Equal((PaymentKind.BankTransfer, invoice.OrderedAt), (made.PaidBy, made.At));
        // The record came through both ways, the explicit null instead of the default among it
        Assert.Equal(invoice.Lines, made.Seen.Lines);
        Assert.Equal(invoice, made.Seen with { Lines = invoice.Lines });
    }

    [Fact]
    public async Task Should_send_what_the_attribute_says()
    {
        var job = await host.Client.Jobs.Get((await host.Client.Enqueue(invoice)).Id);

        Assert.Equal(("make_full_invoice", "invoices", "high", 5, 7, 90), (job.TaskName, job.QueueName, job.Priority, job.MaxRetries, job.RetryDelay, job.Timeout));
        Assert.Equal(["shop"], job.Tags);
        Assert.False(job.Kwargs.Parse().TryGetProperty("gross", out _));
        Assert.Equal("bank_transfer", job.Kwargs.Parse().GetProperty("paid_by").GetString());
    }

    [Fact]
    public async Task Should_send_what_the_caller_says_instead()
    {
        var at = DateTimeOffset.Parse("2030-01-02T03:04:05Z", System.Globalization.CultureInfo.InvariantCulture);
        var id = $"invoice-{Guid.CreateVersion7():N}";
        var handle = await host.Client.Enqueue(invoice, x => x
            .At(at).Queue("still").Priority(JobPriority.Low).Tag("a", "b").Tag("c").Metadata("shop", 7).Metadata("of", "Ada").MaxRetries(0)
            .RetryDelay(TimeSpan.FromSeconds(3)).Timeout(TimeSpan.FromMinutes(2)).ExpireAt(at.AddDays(1)).IdempotencyKey($"key-{id}")
            .JobId(id).Title("An invoice").Description("For an order"));

        var job = await host.Client.Jobs.Get(id);
        Assert.Equal(id, handle.Id);
        Assert.Equal((at, "still", "low", 0, 3, 120), (job.ScheduledAt, job.QueueName, job.Priority, job.MaxRetries, job.RetryDelay, job.Timeout));
        Assert.Equal(["shop", "a", "b", "c"], job.Tags);
        Assert.Equal("""{"shop":7,"of":"Ada"}""", job.Metadata.ToString());
        Assert.Equal(($"key-{id}", "An invoice", "For an order"), (job.IdempotencyKey, job.Title, job.Description));
        Assert.Equal(at.AddDays(1), job.ExpiresAt);
    }

    [Fact]
    public async Task Should_delay_a_job()
    {
        var handle = await host.Client.Enqueue(new RunNote("later"), x => x.Delay(TimeSpan.FromSeconds(1.5)));

        var job = await host.Client.Jobs.Get(handle.Id);
        Assert.Equal(TimeSpan.FromSeconds(1.5), job.ScheduledAt - job.CreatedAt);
        Assert.Equal("later", await handle.Result());
    }

    [Fact]
    public async Task Should_say_why_a_job_failed()
    {
        var handle = await host.Client.Enqueue(new RefuseNote("no paper"));

        var failed = await Assert.ThrowsAsync<JobFailedException>(() => handle.Result());

        Assert.Equal((handle.Id, "failed", 2, "no paper"), (failed.JobId, failed.Status, failed.Attempt, failed.Error));
        Assert.Equal("System.InvalidOperationException", failed.ErrorType);
        Assert.Equal($"Job {handle.Id} failed in attempt 2: no paper", failed.Message);
    }

    [Fact]
    public async Task Should_say_that_a_job_was_cancelled()
    {
        var handle = await host.Client.Enqueue(new MakeNote("x"));
        await handle.Cancel("not needed");

        var failed = await Assert.ThrowsAsync<JobFailedException>(() => handle.Completion());

        Assert.Equal(("cancelled", 0, "not needed"), (failed.Status, failed.Attempt, failed.Error));
    }

    [Fact]
    public async Task Should_say_that_a_result_is_of_another_type()
    {
        var handle = await host.Client.Enqueue(new RunNote("text"));

        var mismatch = await Assert.ThrowsAsync<JobSystemException>(() => host.Client.WaitForResult<FullInvoiceMade>(handle.Id));

        Assert.Equal("result_mismatch", mismatch.Code);
        Assert.Contains("is not a FullInvoiceMade", mismatch.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_stop_waiting_when_the_caller_does()
    {
        var handle = await host.Client.Enqueue(new MakeNote("x"));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => handle.Completion(stop.Token));
        Assert.Equal("pending", (await host.Client.Jobs.Get(handle.Id)).Status);
    }

    [Fact]
    public async Task Should_enqueue_many_in_batches_of_a_thousand()
    {
        var (tag, sizes) = (ClientHost.NewTag(), new List<int>());
        using var client = host.Through(new Tap(async (request, send) =>
        {
            sizes.Add(System.Text.Json.JsonDocument.Parse(await request.Content!.ReadAsByteArrayAsync()).RootElement.GetProperty("jobs").GetArrayLength());
            return await send();
        }));

        var handles = await client.EnqueueMany(Enumerable.Range(0, 2500).Select(x => new MakeNote($"{x}")), (x, i) => x.Tag(tag).Title($"number {i}"));

        Assert.Equal([1000, 1000, 500], sizes);
        Assert.Equal(2500, await host.Count(tag));
        Assert.Equal("number 1700", (await host.Client.Jobs.Get(handles[1700].Id)).Title);
    }

    [Fact]
    public async Task Should_divide_many_large_jobs_by_their_size()
    {
        var tag = ClientHost.NewTag();
        var text = new string('x', 200_000);

        await host.Client.EnqueueMany(Enumerable.Range(0, 100).Select(_ => new MakeNote(text)), (x, _) => x.Tag(tag));

        Assert.Equal(100, await host.Count(tag));
    }

    [Fact]
    public async Task Should_say_which_of_many_was_refused()
    {
        var tag = ClientHost.NewTag();
        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => host.Client.EnqueueMany(
            Enumerable.Range(0, 1500).Select(x => new MakeNote($"{x}")), (x, i) => x.Tag(i == 1200 ? "a,b" : tag)));

        Assert.Equal(("validation_failed", 1000), (refused.Code, refused.Enqueued));
        Assert.Equal(["jobs[1200].tags[0]"], refused.Errors.Keys);
        Assert.Equal(1000, await host.Count(tag));
    }

    [Fact]
    public async Task Should_run_from_a_container()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["JOBSYSTEM_URL"] = host.Url, ["JOBSYSTEM_API_KEY"] = host.AdminKey }).Build());
        services.AddJobSystemClient();
        await using var provider = services.BuildServiceProvider(validateScopes: true);

        var jobs = provider.GetRequiredService<IJobs>();

        Assert.Equal("hello", await (await jobs.Enqueue(new RunNote("hello"), CancellationToken.None)).Result());
        Assert.Same(provider.GetRequiredService<JobSystemClient>(), jobs);
    }

    [Fact]
    public async Task Should_run_with_a_token()
    {
        var asked = 0;
        using var client = new JobSystemClient(new JobSystemClientOptions { Url = host.Url, TokenProvider = _ => new($"wrong-{++asked}") });

        var refused = await Assert.ThrowsAsync<JobRefusedException>(() => client.Enqueue(new RunNote("x")));

        Assert.Equal(("unauthorized", 401, 1), (refused.Code, refused.Status, asked));
        Assert.EndsWith("Check what TokenProvider returns.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_read_lists_to_their_end()
    {
        var tag = ClientHost.NewTag();
        await host.Client.EnqueueMany(Enumerable.Range(0, 1100).Select(x => new MakeNote($"{x}")), (x, _) => x.Tag(tag));

        var ids = new HashSet<string>();
        await foreach (var job in host.Client.Jobs.ListAll(new JobSelection { Tags = [tag] }))
        {
            ids.Add(job.Id);
        }
        Assert.Equal(1100, ids.Count);
    }
}
