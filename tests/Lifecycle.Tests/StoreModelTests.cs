using JobSystem.JobApi.Storage;
using JobSystem.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace JobSystem.Lifecycle.Tests;

/// <summary>Many traces: a file in memory where the system has such a folder.</summary>
public sealed class SqliteLifecycleModelTests : LifecycleModelTests, IAsyncLifetime
{
    readonly string file = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"lifecycle-{Guid.CreateVersion7():N}.db");
    ServiceProvider? services;
    SqliteJobStore? store;

    protected override long Traces => 10_000;

    protected override async Task<(IJobStore Jobs, IQueueStore Queues, Func<string, Task> Execute)> OpenStore()
    {
        var connection = $"Data Source={file}";
        services = new ServiceCollection().AddDbContextFactory<SqliteJobsContext>(x => x.UseSqlite(connection)).BuildServiceProvider();
        store = new(connection, services.GetRequiredService<IDbContextFactory<SqliteJobsContext>>(), TimeProvider.System);
        await store.Migrate(default);
        return (store, new SqliteQueueStore(store, TimeProvider.System), async sql =>
        {
            await using var context = await services.GetRequiredService<IDbContextFactory<SqliteJobsContext>>().CreateDbContextAsync();
            await context.Database.ExecuteSqlRawAsync(sql);
        }
        );
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        store?.Dispose();
        await services!.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        foreach (var part in Directory.GetFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + "*"))
        {
            File.Delete(part);
        }
    }
}

/// <summary>Fewer traces: each step is a round trip to a server.</summary>
public sealed class PostgresLifecycleModelTests : LifecycleModelTests, IAsyncLifetime
{
    TestDatabase? database;
    ServiceProvider? services;
    NpgsqlDataSource? source;

    protected override long Traces => 500;

    protected override async Task<(IJobStore Jobs, IQueueStore Queues, Func<string, Task> Execute)> OpenStore()
    {
        var server = await PostgresServer.Shared();
        database = await server.CreateDatabase();
        source = NpgsqlDataSource.Create(database.ConnectionString);
        services = new ServiceCollection().AddDbContextFactory<PostgresJobsContext>(x => x.UseNpgsql(source)).BuildServiceProvider();
        var store = new PostgresJobStore(source, services.GetRequiredService<IDbContextFactory<PostgresJobsContext>>(), TimeProvider.System);
        await store.Migrate(default);
        return (store, new PostgresQueueStore(source, TimeProvider.System), async sql =>
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
        );
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await services!.DisposeAsync();
        await source!.DisposeAsync();
        await database!.DisposeAsync();
    }
}
