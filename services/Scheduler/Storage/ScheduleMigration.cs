using JobSystem.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace JobSystem.Scheduler.Storage;

/// <summary>Migrates the database; concurrent instances take turns.</summary>
public sealed class ScheduleMigration(IDbContextFactory<ScheduleDbContext> contexts)
{
    /// <summary>Advisory lock that serializes writers.</summary>
    const long Lock = 0x4A6F_6253_7973_0004;

    public async Task Run(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        if (!context.Database.IsNpgsql())
        {
            await context.Database.MigrateAsync(cancellationToken);
            await context.Database.ExecuteSqlRawAsync("pragma journal_mode = wal", cancellationToken);
            return;
        }
        // On a separate connection, because the migration opens and closes the context's own
        var settings =
            new NpgsqlConnectionStringBuilder(context.Database.GetConnectionString()) { Pooling = false, Options = "", CommandTimeout = 0 };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"select pg_advisory_lock({Lock})", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await PostgresSchema.Ensure(connection, cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
    }
}
