using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Postgres;
using JobSystem.JobApi.Storage.Sqlite;
using JobSystem.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace JobSystem.Lifecycle.Tests;

/// <param name="Execute">Runs a statement and gives the first value of its answer.</param>
sealed record ModelStore(IJobStore Jobs, IQueueStore Queues, IRollupStore Rollups, Func<string, Task<object?>> Execute)
{
    public async Task<long> Number(string sql) => Convert.ToInt64(await Execute(sql), System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Many traces: the database is next door.</summary>
public sealed class SqliteLifecycleModelTests : LifecycleModelTests, IAsyncLifetime
{
    readonly SqliteModelStore database = new();

    protected override long Traces => 10_000;

    private protected override Task<ModelStore> OpenStore() => database.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await database.DisposeAsync();
}

/// <summary>Fewer traces: each step is a round trip to a server.</summary>
public sealed class PostgresLifecycleModelTests : LifecycleModelTests, IAsyncLifetime
{
    readonly PostgresModelStore database = new();

    protected override long Traces => 500;

    private protected override Task<ModelStore> OpenStore() => database.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await database.DisposeAsync();
}

public sealed class SqliteReportTests : ReportTests, IAsyncLifetime
{
    readonly SqliteModelStore database = new();

    private protected override Task<ModelStore> OpenStore() => database.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await database.DisposeAsync();
}

public sealed class PostgresReportTests : ReportTests, IAsyncLifetime
{
    readonly PostgresModelStore database = new();

    private protected override Task<ModelStore> OpenStore() => database.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await database.DisposeAsync();
}

public sealed class SqliteFollowUpTests : FollowUpTests, IAsyncLifetime
{
    readonly SqliteModelStore database = new();

    private protected override Task<ModelStore> OpenStore() => database.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await database.DisposeAsync();
}

public sealed class PostgresFollowUpTests : FollowUpTests, IAsyncLifetime
{
    readonly PostgresModelStore database = new();

    private protected override Task<ModelStore> OpenStore() => database.Open();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await database.DisposeAsync();
}

/// <summary>A file in memory where the system has such a folder.</summary>
sealed class SqliteModelStore : IAsyncDisposable
{
    readonly string file = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"lifecycle-{Guid.CreateVersion7():N}.db");
    ServiceProvider? services;
    SqliteJobStore? store;

    public async Task<ModelStore> Open()
    {
        var connection = $"Data Source={file}";
        services = new ServiceCollection().AddDbContextFactory<SqliteJobsContext>(x => x.UseSqlite(connection)).BuildServiceProvider();
        store = new(connection, services.GetRequiredService<IDbContextFactory<SqliteJobsContext>>(), TimeProvider.System);
        await store.Migrate(default);
        return new(store, new SqliteQueueStore(store, TimeProvider.System), new SqliteRollupStore(store), async sql =>
        {
            await using var file = new Microsoft.Data.Sqlite.SqliteConnection(connection);
            await file.OpenAsync();
            await using var command = file.CreateCommand();
            command.CommandText = sql;
            return await command.ExecuteScalarAsync();
        });
    }

    public async ValueTask DisposeAsync()
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

sealed class PostgresModelStore : IAsyncDisposable
{
    TestDatabase? database;
    ServiceProvider? services;
    NpgsqlDataSource? source;

    public async Task<ModelStore> Open()
    {
        var server = await PostgresServer.Shared();
        database = await server.CreateDatabase();
        source = NpgsqlDataSource.Create(database.ConnectionString);
        services = new ServiceCollection().AddDbContextFactory<PostgresJobsContext>(x => x.UseNpgsql(source)).BuildServiceProvider();
        var store = new PostgresJobStore(source, services.GetRequiredService<IDbContextFactory<PostgresJobsContext>>(), TimeProvider.System);
        await store.Migrate(default);
        return new(store, new PostgresQueueStore(source, TimeProvider.System), new PostgresRollupStore(source, TimeProvider.System), async sql =>
        {
            await using var command = source.CreateCommand(sql);
            return await command.ExecuteScalarAsync();
        });
    }

    public async ValueTask DisposeAsync()
    {
        await services!.DisposeAsync();
        await source!.DisposeAsync();
        await database!.DisposeAsync();
    }
}
