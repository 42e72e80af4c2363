using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace JobSystem.Scheduler.Storage;

/// <summary>The database is unreachable or refuses connections. The call can be repeated.</summary>
public sealed class DatabaseUnavailableException(Exception inner) : Exception(
    "The database cannot be reached right now; repeat the request.", inner);

static class DatabaseErrors
{
    const int Busy = 5, Locked = 6, ReadOnly = 8, InputOutput = 10, Full = 13, CannotOpen = 14;

    /// <summary>
    /// True for all errors except data errors (22…, 23…) and SQL errors (42…). A missing table counts as unavailable, because the migration
    /// may still create it.
    /// </summary>
    public static bool IsUnavailable(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.UndefinedTable } => true,
        PostgresException postgres =>
            postgres.IsTransient || postgres.SqlState[..2] is "08" or "25" or "28" or "3D" or "40" or "53" or "55" or "57" or "58",
        NpgsqlException or SocketException or TimeoutException => true,
        SqliteException sqlite => sqlite.SqliteErrorCode is Busy or Locked or ReadOnly or InputOutput or Full or CannotOpen,
        _ => exception.InnerException is { } inner && IsUnavailable(inner),
    };
}
