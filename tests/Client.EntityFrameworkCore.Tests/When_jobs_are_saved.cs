using System.Diagnostics;
using System.Transactions;
using JobSystem.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>A job is posted if what it was saved with is committed, at once and exactly then.</summary>
public sealed class When_jobs_are_saved
{
    public static TheoryData<string> Providers => ["sqlite", "postgres"];

    /// <summary>Nothing is found by polling here: each kind of commit wakes the relay.</summary>
    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Should_post_what_was_committed(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var api = await FakeApi.Start();
        await using var app = await ShopApp.Start(database, api.Url, o => o.PollInterval = ShopApp.Never);
        var saves = new Dictionary<string, Func<ShopDb, Task>>
        {
            ["save"] = db => Task.FromResult(db.SaveChanges()),
            ["save, async"] = db => db.SaveChangesAsync(),
            ["transaction"] = async db =>
            {
                using var transaction = db.Database.BeginTransaction();
                db.SaveChanges();
                await AssertNothingIsPosted(api, before: api.Accepted.Count);
                transaction.Commit();
            },
            ["transaction, async"] = async db =>
            {
                await using var transaction = await db.Database.BeginTransactionAsync();
                await db.SaveChangesAsync();
                await transaction.CommitAsync();
            },
        };
        if (provider == "postgres")
        {
            saves["transaction scope"] = async db =>
            {
                using var transaction = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
                await db.SaveChangesAsync();
                transaction.Complete();
            };
        }

        foreach (var (name, save) in saves)
        {
            var id = await app.Use(async db =>
            {
                var job = db.Enqueue(new MakeNote(name));
                db.Orders.Add(new(job.Id));
                await save(db);
                return job.Id;
            });
            await Eventually.Holds(() => api.Accepted.ContainsKey(id), what: name);
        }
        await Eventually.Holds(async () => await database.Count() == 0);
        await using var check = database.Open();
        Assert.Equal(api.Accepted.Keys.Order(), (await check.Orders.Select(x => x.JobId).ToListAsync()).Order());
        Assert.All(api.Accepted.Values, x => Assert.Equal(1, x));
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Should_not_post_what_was_rolled_back(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var api = await FakeApi.Start();
        await using var app = await ShopApp.Start(database, api.Url);

        await app.Use(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            db.Enqueue(new MakeNote("rolled back"));
            await db.SaveChangesAsync();
            await transaction.RollbackAsync();
            return true;
        });
        await app.Use(db => Task.FromResult(db.Enqueue(new MakeNote("never saved"))));
        await app.Use(async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync();
            await transaction.CreateSavepointAsync("here");
            db.Enqueue(new MakeNote("rolled back to a savepoint"));
            await db.SaveChangesAsync();
            await transaction.RollbackToSavepointAsync("here");
            await transaction.CommitAsync();
            return true;
        });
        var last = (await app.SaveNotes(1)).Single();

        await Eventually.Holds(() => api.Accepted.ContainsKey(last));
        await Eventually.Holds(async () => await database.Count() == 0);
        Assert.Equal([last], api.Accepted.Keys);
    }

    [Theory]
    [MemberData(nameof(Providers))]
    public async Task Should_post_in_the_order_of_positions(string provider)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var api = await FakeApi.Start();
        await using var app = await ShopApp.Start(database, api.Url, o => o.BatchSize = 40);

        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.AddRange(await app.SaveNotes(70));
        }

        await Eventually.Holds(() => api.Accepted.Count == ids.Count);
        Assert.Equal(ids, api.Batches.SelectMany(x => x.Ids));
        Assert.All(api.Batches, x => Assert.InRange(x.Ids.Count, 1, 40));
    }

    [Fact]
    public async Task Should_divide_large_jobs_among_requests()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var api = await FakeApi.Start();
        await using var app = await ShopApp.Start(database, api.Url);

        var ids = await app.Use(async db =>
        {
            var handles = db.EnqueueMany(Enumerable.Range(0, 3).Select(x => new MakeNote(new string('x', 3 << 20))));
            await db.SaveChangesAsync();
            return handles.Select(x => x.Id).ToList();
        });

        await Eventually.Holds(() => api.Accepted.Count == 3);
        Assert.Equal([2, 1], api.Batches.Select(x => x.Ids.Count));
        Assert.Equal(ids, api.Batches.SelectMany(x => x.Ids));
    }

    [Fact]
    public async Task Should_send_what_the_caller_said()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var api = await FakeApi.Start();
        await using var app = await ShopApp.Start(database, api.Url);
        var order = Guid.CreateVersion7();
        var before = DateTimeOffset.Parse("2026-01-01T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);

        var ids = await app.Use(async db =>
        {
            var typed = db.Enqueue(new MakeInvoice(order, 9.5m), x => x.Delay(TimeSpan.FromHours(1)).Tag("shop").ExpireAfter(TimeSpan.FromHours(2)));
            var untyped = db.Enqueue(new Api.CreateJobRequest
            {
                TaskName = "echo",
                Kwargs = new("""{"name":"Ada"}"""),
                JobId = "hello-1",
                ScheduledAt = before,
            });
            await db.SaveChangesAsync();
            return (string[])[typed.Id, untyped.Id];
        });

        await Eventually.Holds(() => api.Accepted.Count == 2);
        var (invoice, echo) = (api.Batches.Single().Jobs[0], api.Batches.Single().Jobs[1]);
        Assert.Equal((ids[0], ids[0]), (Get(invoice, "job_id"), Get(invoice, "idempotency_key")));
        Assert.Equal(("make_invoice", "still"), (Get(invoice, "task_name"), Get(invoice, "queue_name")));
        Assert.Equal($$"""{"order_id":"{{order}}","total":9.5}""", invoice.GetProperty("kwargs").GetRawText());
        Assert.False(invoice.TryGetProperty("delay", out _) || invoice.TryGetProperty("expires_in", out _));
        Assert.Equal(TimeSpan.FromHours(1), invoice.GetProperty("expires_at").GetDateTimeOffset() - invoice.GetProperty("scheduled_at").GetDateTimeOffset());
        Assert.Equal(("hello-1", "hello-1", "hello-1"), (ids[1], Get(echo, "job_id"), Get(echo, "idempotency_key")));
        Assert.Equal(before, echo.GetProperty("scheduled_at").GetDateTimeOffset());
    }

    /// <summary>The trace that saved a job is the job's, although it is long over when it is posted.</summary>
    [Fact]
    public async Task Should_keep_the_trace()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var api = await FakeApi.Start();
        await using var app = await ShopApp.Start(database, api.Url, o => o.BatchSize = 1);
        using var request = new Activity("request").Start();

        await app.SaveNotes(1);
        request.Stop();

        await Eventually.Holds(() => api.Accepted.Count == 1);
        Assert.Equal(request.TraceId.ToHexString(), api.Batches.Single().TraceParent!.Split('-')[1]);
    }

    [Fact]
    public async Task Should_use_the_table_that_the_model_names()
    {
        await using var database = await ShopDatabase.Create("postgres");
        await using var api = await FakeApi.Start();
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPooledDbContextFactory<OtherShopDb>(x => x.UseNpgsql(database.ConnectionString, y => y.EnableRetryOnFailure()));
        services.AddJobSystemClient(o => (o.Url, o.ApiKey) = (api.Url, "a-key")).AddOutbox<OtherShopDb>(o => o.PollInterval = ShopApp.Never);
        await using var provider = services.BuildServiceProvider();
        await using var db = await provider.GetRequiredService<IDbContextFactory<OtherShopDb>>().CreateDbContextAsync();
        await db.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        var relay = provider.GetRequiredService<Microsoft.Extensions.Hosting.IHostedService>();
        await relay.StartAsync(default);

        var job = db.Enqueue(new MakeNote("elsewhere"));
        await db.SaveChangesAsync();

        await Eventually.Holds(() => api.Accepted.ContainsKey(job.Id));
        var left = db.Database.SqlQueryRaw<int>("select count(*)::int as \"Value\" from shop.to_post");
        await Eventually.Holds(async () => await left.SingleAsync() == 0);
        await relay.StopAsync(default);
    }

    static string? Get(System.Text.Json.JsonElement job, string name) => job.GetProperty(name).GetString();

    static async Task AssertNothingIsPosted(FakeApi api, int before)
    {
        await Task.Delay(100);
        Assert.Equal(before, api.Accepted.Count);
    }
}
