using System.Net.Sockets;
using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Runs calls of the store. After a restart of the server every pooled connection fails once: then the pool is emptied and the call
/// is made again, so each call must give the same result when its first try was carried out and only the answer was lost.
/// </summary>
sealed class PostgresCalls(NpgsqlDataSource source)
{
    /// <summary>The first argument of <paramref name="call"/> is true if an earlier attempt may have been committed.</summary>
    public async Task<T> Run<T>(Func<bool, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                return await call(false, cancellationToken);
            }
            catch (Exception exception) when (IsBroken(exception))
            {
                source.Clear();
                return await call(true, cancellationToken);
            }
        }
        catch (Exception exception) when (IsUnavailable(exception))
        {
            throw Unavailable(exception);
        }
    }

    public Task<IReadOnlyList<T>> Rows<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        Command<IReadOnlyList<T>>(sql, parameters, async (command, ct) =>
        {
            await using var reader = await command.ExecuteReaderAsync(ct);
            var rows = new List<T>();
            while (await reader.ReadAsync(ct))
            {
                rows.Add(read(reader));
            }

            return rows;
        }, cancellationToken);

    public Task<int> Execute(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        Command(sql, parameters, (command, ct) => command.ExecuteNonQueryAsync(ct), cancellationToken);

    Task<T> Command<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlCommand, CancellationToken, Task<T>> run, CancellationToken cancellationToken) =>
        Run(async (_, ct) =>
        {
            await using var command = source.CreateCommand(sql);
            command.Parameters.AddRange(parameters);
            try
            {
                return await run(command, ct);
            }
            finally
            {
                // A parameter can be used by one command only
                command.Parameters.Clear();
            }
        }, cancellationToken);

    /// <summary>True if an open connection was closed, by a shutdown (57P0x) or on the network level.</summary>
    public static bool IsBroken(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown,
        NpgsqlException npgsql => npgsql.InnerException is IOException or SocketException { SocketErrorCode: not SocketError.ConnectionRefused },
        InvalidOperationException { InnerException: { } inner } => IsBroken(inner),
        _ => false,
    };

    /// <summary>True for all errors except data errors (22…, 23…) and SQL errors (42…).</summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        // The schema is still being made: the database came after us
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } => true,
        PostgresException postgres => postgres.IsTransient || postgres.SqlState[..2] is "08" or "25" or "28" or "3D" or "40" or "53" or "55" or "57" or "58",
        NpgsqlException => true,
        SocketException or TimeoutException => true,
        InvalidOperationException { InnerException: { } inner } => IsUnavailable(inner),
        _ => false,
    };

    public static StoreUnavailableException Unavailable(Exception exception) =>
        new("PostgreSQL is currently unreachable or refuses connections.", exception);
}
