using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace JobSystem.JobApi.Storage;

static class PostgresMigration
{
    /// <summary>The advisory lock that instances starting together take turns with.</summary>
    const long Lock = 0x4A6F_6253_7973_0001;

    public static async Task<bool> Run(NpgsqlDataSource source, IDbContextFactory<PostgresJobsContext> contexts, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await Execute(connection, $"set statement_timeout = 0; select pg_advisory_lock({Lock})", cancellationToken);
        try
        {
            await using var context = await contexts.CreateDbContextAsync(cancellationToken);
            context.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
            await context.Database.MigrateAsync(cancellationToken);
            return true;
        }
        finally
        {
            await Execute(connection, $"select pg_advisory_unlock({Lock}); reset statement_timeout", CancellationToken.None);
        }
    }

    /// <summary>Waits as long as another instance migrates.</summary>
    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
