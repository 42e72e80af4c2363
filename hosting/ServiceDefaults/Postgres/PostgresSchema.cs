using Npgsql;

namespace JobSystem.ServiceDefaults.Postgres;

/// <summary>The schema with the tables: the first one of the search path, or the server's default (<c>public</c>) without one.</summary>
public static class PostgresSchema
{
    /// <summary>Null for the server's default.</summary>
    public static string? Of(string? connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString).SearchPath is { Length: > 0 } path ? path.Split(',')[0].Trim().Trim('"') : null;

    /// <summary>Makes the schema if there is none. The user needs the right to create schemas only then.</summary>
    /// <param name="connection">An open connection.</param>
    public static async Task Create(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (Of(connection.ConnectionString) is not { } schema)
        {
            return;
        }
        await using var exists = new NpgsqlCommand("select exists (select from pg_namespace where nspname = $1)", connection);
        exists.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        if (await exists.ExecuteScalarAsync(cancellationToken) is true)
        {
            return;
        }
        try
        {
            await using var create = new NpgsqlCommand($"create schema if not exists \"{schema.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DuplicateSchema)
        {
            // Another instance has made it at the same moment
        }
    }
}
