using JobSystem.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

static class PostgresMigration
{
    /// <summary>Advisory lock that serializes concurrent migrations.</summary>
    const long Lock = 0x4A6F_6253_7973_0001;

    public static async Task<bool> Run(NpgsqlDataSource source, IDbContextFactory<PostgresJobsContext> contexts, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await PostgresSchema.Ensure(connection, cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (!(await context.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
        {
            // An instance that stops while it holds the lock does not block others
            return true;
        }
        // While another instance migrates, the lock's time limit ends the waiting, and the caller tries again
        await Execute(connection, $"select pg_advisory_lock({Lock})", cancellationToken);
        try
        {
            context.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
            await context.Database.MigrateAsync(cancellationToken);
            return true;
        }
        finally
        {
            await Execute(connection, $"select pg_advisory_unlock({Lock})", CancellationToken.None);
        }
    }

    static async Task Execute(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
