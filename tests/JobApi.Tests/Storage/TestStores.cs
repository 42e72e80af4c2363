using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Postgres;
using JobSystem.JobApi.Storage.Sqlite;
using JobSystem.Support;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>One database with its schema, for all tests of a class.</summary>
public interface ITestStores : IAsyncLifetime
{
    IJobStore Store { get; }

    /// <summary>The same database as another process sees it.</summary>
    IJobStore Other { get; }

    IQueueStore Queues { get; }

    IQueueStore OtherQueues { get; }

    IAuditStore Audit { get; }

    IAuditStore OtherAudit { get; }

    IRollupStore Rollups { get; }

    IRollupStore OtherRollups { get; }

    JobQueries Queries { get; }

    /// <summary>What somebody with all rights does who wants to change audit entries.</summary>
    string Unprotect { get; }

    Task Execute(string sql);

    Task<long> Number(string sql);
}

public sealed class PostgresStores : ITestStores
{
    readonly List<NpgsqlDataSource> sources = [];
    TestDatabase? database;

    public IJobStore Store { get; private set; } = null!;
    public IJobStore Other { get; private set; } = null!;
    public IQueueStore Queues { get; private set; } = null!;
    public IQueueStore OtherQueues { get; private set; } = null!;
    public IAuditStore Audit { get; private set; } = null!;
    public IAuditStore OtherAudit { get; private set; } = null!;
    public IRollupStore Rollups { get; private set; } = null!;
    public IRollupStore OtherRollups { get; private set; } = null!;
    public JobQueries Queries { get; private set; } = null!;
    public string Unprotect => "alter table audit_entries disable trigger all";

    public async Task InitializeAsync()
    {
        database = await (await PostgresServer.Shared()).CreateDatabase();
        (Store, Other) = (OpenStore(), OpenStore());
        (Queues, OtherQueues) = (new PostgresQueueStore(sources[0], TimeProvider.System), new PostgresQueueStore(sources[1], TimeProvider.System));
        (Audit, OtherAudit) = (new PostgresAuditStore(sources[0]), new PostgresAuditStore(sources[1]));
        (Rollups, OtherRollups) = (new PostgresRollupStore(sources[0], TimeProvider.System), new PostgresRollupStore(sources[1], TimeProvider.System));
        Queries = new(new JobsContextFactory<PostgresJobsContext>(new Contexts(database.Url)), TimeProvider.System);
        await Store.Migrate(default);
    }

    public async Task DisposeAsync()
    {
        sources.ForEach(x => x.Dispose());
        await database!.DisposeAsync();
    }

    public async Task Execute(string sql)
    {
        await using var command = sources[0].CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> Number(string sql)
    {
        await using var command = sources[0].CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    public async Task<NpgsqlConnection> Open()
    {
        var connection = new NpgsqlConnection(database!.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Until so many sessions wait for a lock.</summary>
    public Task Waiting(int sessions)
    {
        const string Sql = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
        return Eventually.Holds(async () => await Number(Sql) >= sessions, TimeSpan.FromSeconds(10));
    }

    internal static PostgresJobStore Open(string url, NpgsqlDataSource source) => new(source, new Contexts(url), TimeProvider.System);

    PostgresJobStore OpenStore()
    {
        sources.Add(JobsDatabase.HotSource(database!.Url, "tests"));
        return Open(database.Url, sources[^1]);
    }

    internal sealed class Contexts(string url) : IDbContextFactory<PostgresJobsContext>
    {
        public PostgresJobsContext CreateDbContext()
        {
            var options = new DbContextOptionsBuilder<PostgresJobsContext>();
            options.UseJobs(JobsDatabase.QueryConnectionString(url, "tests"));
            return new(options.Options);
        }
    }
}

public sealed class SqliteStores : ITestStores
{
    readonly TemporaryFolder folder = TemporaryFolder.Create("sqlite");
    readonly string connection;

    public SqliteStores()
    {
        connection = StorageRegistration.SqliteConnectionString(folder.At("jobs.db"));
        var contexts = new Contexts(connection);
        var (one, two) = (new SqliteJobStore(connection, contexts, TimeProvider.System), new SqliteJobStore(connection, contexts, TimeProvider.System));
        (Store, Other) = (one, two);
        (Queues, OtherQueues) = (new SqliteQueueStore(one, TimeProvider.System), new SqliteQueueStore(two, TimeProvider.System));
        (Audit, OtherAudit) = (new SqliteAuditStore(one), new SqliteAuditStore(two));
        (Rollups, OtherRollups) = (new SqliteRollupStore(one), new SqliteRollupStore(two));
        Queries = new(new JobsContextFactory<SqliteJobsContext>(contexts), TimeProvider.System);
    }

    public IJobStore Store { get; }
    public IJobStore Other { get; }
    public IQueueStore Queues { get; }
    public IQueueStore OtherQueues { get; }
    public IAuditStore Audit { get; }
    public IAuditStore OtherAudit { get; }
    public IRollupStore Rollups { get; }
    public IRollupStore OtherRollups { get; }
    public JobQueries Queries { get; }
    public string Unprotect => "drop trigger audit_entries_keep; drop trigger audit_entries_stay";

    public Task InitializeAsync() => Store.Migrate(default);

    public Task DisposeAsync()
    {
        ((SqliteJobStore)Store).Dispose();
        ((SqliteJobStore)Other).Dispose();
        SqliteConnection.ClearAllPools();
        folder.Dispose();
        return Task.CompletedTask;
    }

    public async Task Execute(string sql)
    {
        await using var file = new SqliteConnection(connection);
        await file.OpenAsync();
        await using var command = file.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> Number(string sql)
    {
        await using var file = new SqliteConnection(connection);
        await file.OpenAsync();
        await using var command = file.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    internal sealed class Contexts(string connection) : IDbContextFactory<SqliteJobsContext>
    {
        public SqliteJobsContext CreateDbContext()
        {
            var options = new DbContextOptionsBuilder<SqliteJobsContext>();
            options.UseSqliteJobs(connection);
            return new(options.Options);
        }
    }
}
