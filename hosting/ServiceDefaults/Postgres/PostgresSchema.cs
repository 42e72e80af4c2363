using Npgsql;

namespace JobSystem.ServiceDefaults.Postgres;

/// <summary>The schema with the tables: the first one of the search path, or the server's default (<c>public</c>) without one.</summary>
public static class PostgresSchema
{
    /// <summary>Null for the server's default, and for that of the user.</summary>
    public static string? Of(string? connectionString)
    {
        var first = new NpgsqlConnectionStringBuilder(connectionString).SearchPath?.Split(',')[0].Trim();
        return first switch
        {
            null or "" or "$user" or "\"$user\"" => null,
            ['"', .. var quoted, '"'] => quoted.Replace("\"\"", "\"", StringComparison.Ordinal),
            _ => first.ToLowerInvariant(),
        };
    }

    /// <summary>Checks that the session has the schema: a pooler may drop the search path, and then the tables would be in another one.</summary>
    /// <exception cref="InvalidOperationException">It does not exist, or the session has another one.</exception>
    public static async Task Check(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var current = new NpgsqlCommand("select current_schema()", connection);
        var found = await current.ExecuteScalarAsync(cancellationToken) as string;
        if (found is null || (Of(connection.ConnectionString) is { } expected && found != expected))
        {
            throw new InvalidOperationException(
                $"PostgreSQL uses the schema {found ?? "none"} instead of {Of(connection.ConnectionString) ?? "one"}: it does not exist yet, or a connection pooler "
                + "such as PgBouncer drops search_path. Connect without it.");
        }
    }

    /// <summary>Makes the schema if there is none, and checks it. The user needs the right to create schemas only if there is none.</summary>
    /// <param name="connection">An open connection.</param>
    /// <exception cref="InvalidOperationException">The session has another one: see <see cref="Check"/>.</exception>
    public static async Task Ensure(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (Of(connection.ConnectionString) is { } schema)
        {
            await Create(schema, connection, cancellationToken);
        }
        await Check(connection, cancellationToken);
    }

    static async Task Create(string schema, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
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
