using JobSystem.Bench.Stack;
using Npgsql;

namespace JobSystem.Bench.Meters;

/// <summary>What the bench asks of the PostgreSQL server as a whole, over connections that do not stay.</summary>
public static class PostgresServer
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    public static async Task<object?> Execute(StackEnv env, string sql, CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(env.Postgres) { Database = "postgres", Pooling = false };
        await using var source = NpgsqlDataSource.Create(settings);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(ct);
    }

    /// <summary>Waits until nobody is connected to a database: a backend hands in its counters before it ends.</summary>
    public static async Task Disconnected(StackEnv env, string connectionString, CancellationToken ct)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database!.Replace("'", "''", StringComparison.Ordinal);
        var query = $"select count(*) from pg_stat_activity where datname = '{database}' and backend_type = 'client backend'";
        var start = TimeProvider.System.GetTimestamp();
        while (await Execute(env, query, ct) is > 0L && TimeProvider.System.GetElapsedTime(start) < patience)
        {
            await Task.Delay(100, ct);
        }
    }
}
