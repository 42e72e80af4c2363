using Microsoft.Data.Sqlite;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>
/// The database file: one connection that writes, with its statements prepared once, and pooled ones that read beside it.
/// Every commit is on disk when it returns (WAL, synchronous=FULL).
/// </summary>
sealed class SqliteFile(string connectionString, bool isDurable) : IDisposable
{
    const int Corrupt = 11, NotADatabase = 26, Constraint = 19, Error = 1, TooBig = 18, Mismatch = 20, Misuse = 21, Range = 25;
    // A different connection string means a separate pool, so that reading connections are never reused for writing
    readonly string readOnly = new SqliteConnectionStringBuilder(connectionString) { Mode = SqliteOpenMode.ReadOnly }.ConnectionString;
    readonly SemaphoreSlim turn = new(1, 1);
    readonly Dictionary<string, SqliteCommand> statements = [];
    SqliteConnection? writer;
    SqliteTransaction? transaction;
    bool closed;

    /// <summary>Runs <paramref name="work"/> as one transaction.</summary>
    public async Task<T> Write<T>(Func<SqliteFile, T> work, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (closed)
            {
                throw new StoreUnavailableException("The database file has been closed.", new ObjectDisposedException(nameof(SqliteFile)));
            }
            return Translate(() =>
            {
                writer ??= OpenWriter();
                using (transaction = writer.BeginTransaction())
                {
                    var result = work(this);
                    transaction.Commit();
                    return result;
                }
            });
        }
        finally
        {
            transaction = null;
            turn.Release();
        }
    }

    /// <summary>Reads on a connection of its own, beside the writer.</summary>
    public List<T> Read<T>(string sql, (string Name, object Value)[] parameters, Func<SqliteDataReader, T> read) => Translate(() =>
    {
        using var connection = new SqliteConnection(readOnly);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Rows(command, parameters, read);
    });

    /// <summary>For use inside <see cref="Write"/>: executes a statement on the writing connection. Returns the number of changed rows.</summary>
    public int Execute(string sql, params (string Name, object Value)[] parameters)
    {
        var command = Statement(sql);
        Bind(command, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>For use inside <see cref="Write"/>.</summary>
    public List<T> Query<T>(string sql, (string Name, object Value)[] parameters, Func<SqliteDataReader, T> read) => Rows(Statement(sql), parameters, read);

    SqliteCommand Statement(string sql)
    {
        if (!statements.TryGetValue(sql, out var command))
        {
            command = writer!.CreateCommand();
            command.CommandText = sql;
            statements[sql] = command;
        }
        command.Transaction = transaction;
        return command;
    }

    static List<T> Rows<T>(SqliteCommand command, (string Name, object Value)[] parameters, Func<SqliteDataReader, T> read)
    {
        Bind(command, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    static void Bind(SqliteCommand command, (string Name, object Value)[] parameters)
    {
        if (command.Parameters.Count == 0)
        {
            foreach (var (name, value) in parameters)
            {
                command.Parameters.AddWithValue(name, value);
            }
            return;
        }
        // A prepared statement gets its parameters in the same order each time
        for (var i = 0; i < parameters.Length; i++)
        {
            var parameter = command.Parameters[i];
            parameter.ResetSqliteType();
            parameter.Value = parameters[i].Value;
        }
    }

    SqliteConnection OpenWriter()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = isDurable ? "pragma synchronous = full" : "pragma synchronous = off";
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>True for errors of the file system or locking, which may be temporary.</summary>
    static T Translate<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException error) when (error.SqliteErrorCode is not (Corrupt or NotADatabase or Constraint or Error or TooBig or Mismatch or Misuse or Range))
        {
            throw new StoreUnavailableException($"The database file is currently not usable: {error.Message}", error);
        }
    }

    /// <summary>Waits for the current write; later writers fail.</summary>
    public void Dispose()
    {
        turn.Wait();
        closed = true;
        foreach (var command in statements.Values)
        {
            command.Dispose();
        }
        writer?.Dispose();
        turn.Release();
    }
}
