using JobSystem.Support;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Client.EntityFrameworkCore.Tests;

/// <summary>A database of one test.</summary>
sealed class ShopDatabase : IAsyncDisposable
{
    readonly TemporaryFolder? folder;
    readonly TestDatabase? postgres;

    ShopDatabase(string provider, TemporaryFolder? folder, TestDatabase? postgres)
    {
        (Provider, this.folder, this.postgres) = (provider, folder, postgres);
        ConnectionString = postgres is null ? $"Data Source={folder!.At("shop.db")}" : postgres.ConnectionString;
    }

    public string Provider { get; }
    public string ConnectionString { get; }

    public static async Task<ShopDatabase> Create(string provider)
    {
        var database = provider == "sqlite"
            ? new ShopDatabase(provider, TemporaryFolder.Create("shop"), null)
            : new ShopDatabase(provider, null, await (await PostgresServer.Shared()).CreateDatabase());
        await using var db = database.Open();
        await db.Database.EnsureCreatedAsync();
        return database;
    }

    /// <summary>A context that no container knows.</summary>
    public ShopDb Open() => new((DbContextOptions<ShopDb>)Use(new DbContextOptionsBuilder<ShopDb>(), Provider, ConnectionString).Options);

    public static DbContextOptionsBuilder Use(DbContextOptionsBuilder options, string provider, string connection) =>
        provider == "sqlite" ? options.UseSqlite(connection) : options.UseNpgsql(connection);

    public async Task<List<OutboxJob>> Rows()
    {
        await using var db = Open();
        return await db.Set<OutboxJob>().OrderBy(x => x.Position).ToListAsync();
    }

    public async Task<int> Count(string? state = null)
    {
        await using var db = Open();
        return await db.Set<OutboxJob>().CountAsync(x => state == null || x.State == state);
    }

    public async ValueTask DisposeAsync()
    {
        await (postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
        folder?.Dispose();
    }
}
