using JobSystem.Support;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>The shop, the relay in it and the whole system: what the shop committed becomes exactly one job each, whenever it is killed.</summary>
public sealed class When_a_relay_is_killed(RealSystem system) : IClassFixture<RealSystem>
{
    [Fact]
    public async Task Should_run_a_job_that_was_saved()
    {
        await using var database = await ShopDatabase.Create("sqlite");
        await using var app = await ShopApp.Start(database, system.Url, key: system.AdminKey);
        var order = Guid.CreateVersion7();

        var job = await app.Use(async db =>
        {
            var job = db.Enqueue(new MakeInvoice(order, 9.5m), x => x.Queue("default"));
            await db.SaveChangesAsync();
            return job;
        });

        Assert.Equal($"invoice of {order}", await job.Result());
        Assert.Equal(job.Id, (await system.Client.Jobs.Get(job.Id)).Id);
    }

    /// <summary>Each kill leaves rows behind, which a program that is started afterwards posts as well.</summary>
    [Theory]
    [InlineData("postgres", KillPoint.BeforePost, KillPoint.BeforeAnswer, KillPoint.AfterAnswer)]
    [InlineData("sqlite", KillPoint.BeforeAnswer)]
    public async Task Should_enqueue_what_was_committed_exactly_once(string provider, params KillPoint[] points)
    {
        await using var database = await ShopDatabase.Create(provider);
        await using var gateway = new KillingGateway(system.Url);
        await gateway.Start();
        using var folder = TemporaryFolder.Create("killed");
        var tag = $"t{Guid.CreateVersion7():N}";
        foreach (var point in points)
        {
            await RunUntilKilled(database, gateway, point, tag, folder.At($"{point}.log"));
        }
        Assert.NotEmpty(await database.Rows());

        await using var app = await ShopApp.Start(database, gateway.Url, o => o.Lease = ShopProgram.ShortLease, system.AdminKey);
        await Eventually.Holds(async () => await database.Count() == 0);

        await using var db = database.Open();
        var saved = await db.Orders.Select(x => x.JobId).ToListAsync();
        var jobs = new List<string>();
        await foreach (var job in system.Client.Jobs.ListAll(new() { Tags = [tag] }))
        {
            jobs.Add(job.Id);
        }
        Assert.InRange(saved.Count, points.Length, int.MaxValue);
        Assert.Equal(saved.Order(StringComparer.Ordinal), jobs.Order(StringComparer.Ordinal));
        Assert.Equal(saved.Order(StringComparer.Ordinal), gateway.Passed.Keys.Order(StringComparer.Ordinal));
        Assert.Contains(gateway.Passed, x => x.Value > 1);
    }

    async Task RunUntilKilled(ShopDatabase database, KillingGateway gateway, KillPoint point, string tag, string log)
    {
        var started = new TaskCompletionSource<WatchedProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Arm(point, () => started.Task.GetAwaiter().GetResult().Send(SignalNumber.Kill));
        var program = typeof(ShopProgram).Assembly.Location;
        await using var process = await WatchedProcess.Start(
            new(["dotnet", program, database.Provider, database.ConnectionString, gateway.Url, system.AdminKey, tag], log));
        started.SetResult(process);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.Exited(patience.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"nothing was posted: {await File.ReadAllTextAsync(log)}");
        }
        Assert.True(gateway.HasKilled, $"the shop ended by itself: {await File.ReadAllTextAsync(log)}");
    }
}
