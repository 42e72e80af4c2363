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
        // On a connection of its own, since the migration opens and closes the context's
        await using var turn = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(context.Database.GetConnectionString()) { Pooling = false, Options = "", CommandTimeout = 0 }.ConnectionString);
        await turn.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"select pg_advisory_lock({Lock})", turn);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
    }
}
