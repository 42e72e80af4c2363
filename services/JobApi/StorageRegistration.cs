using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Postgres;
using JobSystem.JobApi.Storage.Sqlite;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace JobSystem.JobApi;

public static class StorageRegistration
{
    /// <summary>The store: PostgreSQL when <c>JOBSYSTEM_POSTGRES</c> is set, otherwise the file <c>jobs.db</c> in <c>JOBSYSTEM_DATA</c>.</summary>
    public static IHostApplicationBuilder AddJobStore(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<JobQueries>();
        if (builder.Configuration.Optional(PostgresUrl.Setting) is { } url)
        {
            builder.Services.AddPostgresJobStore(url, builder.Environment.ApplicationName);
        }
        else
        {
            builder.Services.AddSqliteJobStore(builder.Configuration.Optional("JOBSYSTEM_DATA") ?? "data", SqliteIsDurable(builder.Configuration));
        }

        return builder;
    }

    static void AddPostgresJobStore(this IServiceCollection services, string url, string applicationName)
    {
        services.AddSingleton(_ => JobsDatabase.HotSource(url, applicationName));
        services.AddSingleton<System.Data.Common.DbDataSource>(x => x.GetRequiredService<NpgsqlDataSource>());
        services.AddPooledDbContextFactory<PostgresJobsContext>(x => x.UseJobs(JobsDatabase.QueryConnectionString(url, applicationName)));
        services.AddSingleton<IDbContextFactory<JobsDbContext>, JobsContextFactory<PostgresJobsContext>>();
        services.AddSingleton<IJobStore, PostgresJobStore>();
        services.AddSingleton<IQueueStore, PostgresQueueStore>();
        services.AddSingleton<IAuditStore, PostgresAuditStore>();
        services.AddSingleton<IRollupStore, PostgresRollupStore>();
    }

    static void AddSqliteJobStore(this IServiceCollection services, string folder, bool isDurable)
    {
        Directory.CreateDirectory(folder);
        var connection = SqliteConnectionString(Path.Combine(folder, "jobs.db"));
        services.AddPooledDbContextFactory<SqliteJobsContext>(x => x.UseSqliteJobs(connection));
        services.AddSingleton<IDbContextFactory<JobsDbContext>, JobsContextFactory<SqliteJobsContext>>();
        services.AddSingleton(x => new SteadyTime(x.GetRequiredService<TimeProvider>()));
        services.AddSingleton(x => new SqliteJobStore(
            connection, x.GetRequiredService<IDbContextFactory<SqliteJobsContext>>(), x.GetRequiredService<SteadyTime>(), isDurable));
        services.AddSingleton<IJobStore>(x => x.GetRequiredService<SqliteJobStore>());
        services.AddSingleton<IQueueStore>(x => new SqliteQueueStore(x.GetRequiredService<SqliteJobStore>(), x.GetRequiredService<SteadyTime>()));
        services.AddSingleton<IAuditStore, SqliteAuditStore>();
        services.AddSingleton<IRollupStore, SqliteRollupStore>();
    }

    static bool SqliteIsDurable(IConfiguration configuration) => configuration.Optional("JOBSYSTEM_SQLITE_SYNCHRONOUS") switch
    {
        null or "full" => true,
        "off" => false,
        var other => throw new SettingException($"JOBSYSTEM_SQLITE_SYNCHRONOUS must be full or off; it is '{other}'"),
    };

    internal static string SqliteConnectionString(string file) =>
        new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 5 }.ConnectionString;

    internal static DbContextOptionsBuilder UseSqliteJobs(this DbContextOptionsBuilder options, string connectionString) =>
        options.UseSqlite(connectionString, x => x.MigrationsHistoryTable(JobsDbContext.MigrationsTable))
            // SQLite rebuilds a table outside of the transaction that switches foreign keys off; there are none, and nobody can do anything about it
            .ConfigureWarnings(x => x.Ignore(RelationalEventId.NonTransactionalMigrationOperationWarning));

    internal static DbContextOptionsBuilder UseJobs(this DbContextOptionsBuilder options, string connectionString) =>
        options.UseNpgsql(connectionString, x => x.MigrationsHistoryTable(JobsDbContext.MigrationsTable, PostgresSchema.Of(connectionString)));
}

/// <summary>Lists are the same on both databases: they ask for the context that both have in common.</summary>
sealed class JobsContextFactory<TContext>(IDbContextFactory<TContext> contexts) : IDbContextFactory<JobsDbContext> where TContext : JobsDbContext
{
    public JobsDbContext CreateDbContext() => contexts.CreateDbContext();
}
