namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>The shop as a process, which saves orders with their jobs and relays them until it is killed. Every third order is rolled back.</summary>
static class ShopProgram
{
    /// <param name="arguments">Provider, connection string, address, API key, tag of the jobs.</param>
    static async Task Main(string[] arguments)
    {
        await using var app = ShopApp.Build(arguments[0], arguments[1], arguments[2], arguments[3], o => (o.BatchSize, o.Lease) = (20, ShortLease));
        await app.StartAsync();
        for (var i = 0; ; i++)
        {
            await app.Use(async db =>
            {
                await using var transaction = await db.Database.BeginTransactionAsync();
                for (var n = 0; n < 3; n++)
                {
                    db.Orders.Add(new(db.Enqueue(new MakeNote($"{i}"), x => x.Tag(arguments[4])).Id));
                }
                await db.SaveChangesAsync();
                await (i % 3 == 0 ? transaction.RollbackAsync() : transaction.CommitAsync());
                return true;
            });
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    public static TimeSpan ShortLease { get; } = TimeSpan.FromSeconds(1);
}
