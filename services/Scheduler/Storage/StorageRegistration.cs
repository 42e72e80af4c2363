using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Postgres;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.Scheduler.Storage;

/// <summary>Registers the storage of schedules.</summary>
static class StorageRegistration
{
    /// <summary>
    /// PostgreSQL when <c>JOBSYSTEM_POSTGRES</c> is set, otherwise the file <c>schedules.db</c> in <c>JOBSYSTEM_DATA</c>.
    /// </summary>
    public static void AddScheduleStore(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        if (builder.Configuration.Optional(PostgresUrl.Setting) is { } url)
        {
            var connection = ConnectionString(url, builder.Environment.ApplicationName, poolSize: 15);
            services.AddPooledDbContextFactory<PostgresScheduleContext>(x => x.UseSchedules(connection));
            services.AddSingleton<IDbContextFactory<ScheduleDbContext>, ScheduleContexts<PostgresScheduleContext>>();
        }
        else
        {
            var folder = builder.Configuration.Optional("JOBSYSTEM_DATA") ?? "data";
            Directory.CreateDirectory(folder);
            var file = Path.Combine(folder, "schedules.db");
            var connection = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 5 }.ConnectionString;
            services.AddPooledDbContextFactory<SqliteScheduleContext>(x =>
                x.UseSqlite(connection, y => y.MigrationsHistoryTable(ScheduleDbContext.MigrationsTable)));
            services.AddSingleton<IDbContextFactory<ScheduleDbContext>, ScheduleContexts<SqliteScheduleContext>>();
        }
        services.AddSingleton<ScheduleStore>();
        services.AddSingleton<RunStore>();
        services.AddSingleton<ScheduleLists>();
    }

    /// <summary>
    /// Connection settings with timeouts of 5 seconds: callers get an error after that time, and a process that hangs in a transaction
    /// loses it, so that other instances can fire the schedules that it has locked.
    /// </summary>
    internal static string ConnectionString(string url, string applicationName, int poolSize)
    {
        var settings = PostgresSession.Settings(url, applicationName);
        settings.MaxPoolSize = poolSize;
        return settings.ConnectionString;
    }

    internal static DbContextOptionsBuilder UseSchedules(this DbContextOptionsBuilder options, string connectionString) =>
        options.UseNpgsql(connectionString, x => x.MigrationsHistoryTable(ScheduleDbContext.MigrationsTable, PostgresSchema.Of(connectionString)));
}

/// <summary>Creates contexts of either database.</summary>
sealed class ScheduleContexts<TContext>(IDbContextFactory<TContext> contexts) : IDbContextFactory<ScheduleDbContext>
    where TContext : ScheduleDbContext
{
    public ScheduleDbContext CreateDbContext() => contexts.CreateDbContext();
}
