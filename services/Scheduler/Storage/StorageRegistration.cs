using JobSystem.ServiceDefaults;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace JobSystem.Scheduler.Storage;

static class StorageRegistration
{
    public const string PostgresSetting = "JOBSYSTEM_POSTGRES";

    /// <summary>PostgreSQL when <c>JOBSYSTEM_POSTGRES</c> is set, otherwise the file <c>schedules.db</c> in <c>JOBSYSTEM_DATA</c>.</summary>
    public static void AddScheduleStore(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        if (builder.Configuration.Optional(PostgresSetting) is { } url)
        {
            var connection = ConnectionString(url, builder.Environment.ApplicationName, poolSize: 15);
            services.AddPooledDbContextFactory<PostgresScheduleContext>(x => x.UseSchedules(connection));
            services.AddSingleton<IDbContextFactory<ScheduleDbContext>, ScheduleContexts<PostgresScheduleContext>>();
        }
        else
        {
            var folder = builder.Configuration.Optional("JOBSYSTEM_DATA") ?? "data";
            Directory.CreateDirectory(folder);
            var connection = new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "schedules.db"), DefaultTimeout = 5 }.ConnectionString;
            services.AddPooledDbContextFactory<SqliteScheduleContext>(x => x.UseSqlite(connection, y => y.MigrationsHistoryTable(ScheduleDbContext.MigrationsTable)));
            services.AddSingleton<IDbContextFactory<ScheduleDbContext>, ScheduleContexts<SqliteScheduleContext>>();
        }
        services.AddSingleton<ScheduleStore>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<ScheduleLists>();
    }

    /// <summary>
    /// Callers hear within 5 seconds that the database is away. A process that stops in the middle of a transaction loses it after as
    /// long, so that the schedules whose rows it holds go on elsewhere.
    /// </summary>
    internal static string ConnectionString(string url, string applicationName, int poolSize)
    {
        var given = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(url));
        given.ApplicationName ??= applicationName;
        given.Timeout = 3;
        given.CommandTimeout = 4;
        given.MaxPoolSize = poolSize;
        // Nothing is ever set in a session
        given.NoResetOnClose = true;
        given.Options = "-c idle_in_transaction_session_timeout=5s -c lock_timeout=3s -c jit=off";
        return given.ConnectionString;
    }

    internal static DbContextOptionsBuilder UseSchedules(this DbContextOptionsBuilder options, string connectionString) =>
        options.UseNpgsql(connectionString, x => x.MigrationsHistoryTable(ScheduleDbContext.MigrationsTable));
}

/// <summary>The same calls on both databases: they ask for the context that both have in common.</summary>
sealed class ScheduleContexts<TContext>(IDbContextFactory<TContext> contexts) : IDbContextFactory<ScheduleDbContext> where TContext : ScheduleDbContext
{
    public ScheduleDbContext CreateDbContext() => contexts.CreateDbContext();
}
