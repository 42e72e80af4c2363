using JobSystem.Bench.Reports;
using Npgsql;

namespace JobSystem.Bench.Meters;

/// <summary>What one database was asked to do. Reads from another database of the server, so that it does not count itself.</summary>
public sealed class DatabaseMeter : IAsyncDisposable
{
    readonly NpgsqlDataSource _source;
    readonly string _database;
    bool _hasStatements;

    DatabaseMeter(NpgsqlDataSource source, string database) => (_source, _database) = (source, database);

    public static async Task<DatabaseMeter> Open(string connectionString, CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var database = settings.Database ?? settings.Username ?? "postgres";
        settings.Database = "postgres";
        settings.ApplicationName = "jobsystem-bench-meter";
        var meter = new DatabaseMeter(NpgsqlDataSource.Create(settings), database);
        await meter.EnableStatements(ct);
        return meter;
    }

    public async Task<Sample> Take(CancellationToken ct)
    {
        await using var command = _source.CreateCommand(
            "select d.xact_commit, d.xact_rollback, w.wal_bytes::float8, w.wal_sync from pg_stat_database d, pg_stat_wal w where d.datname = $1");
        command.Parameters.AddWithValue(_database);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new Sample(reader.GetInt64(0), reader.GetInt64(1), reader.GetDouble(2), reader.GetInt64(3), await Statements(ct));
    }

    public void AddTo(Section section, Sample before, Sample after, int jobs, int topStatements, Floor? commitFloor = null)
    {
        var calls = Difference(before, after);
        var transactionControl = calls.Where(IsTransactionControl).Sum(s => s.Calls);
        section
            .Add("commits_per_job", "database commits per job", (after.Commits - before.Commits) / (double)jobs, "", commitFloor)
            .Add("statements_per_job", "database statements per job", _hasStatements ? (calls.Sum(s => s.Calls) - transactionControl) / (double)jobs : double.NaN, "",
                note: _hasStatements ? $"and {ReportTable.Number(transactionControl / (double)jobs)} BEGIN/COMMIT" : null)
            .Add("wal_bytes_per_job", "WAL bytes per job", (after.WalBytes - before.WalBytes) / jobs, "bytes")
            .Add("wal_syncs_per_job", "WAL flushes per job", (after.WalSyncs - before.WalSyncs) / (double)jobs, "");
        section.Statements.AddRange(calls.OrderByDescending(s => s.Milliseconds).Take(topStatements));
    }

    public static double Commits(Sample before, Sample after) => after.Commits - before.Commits;

    public static double StatementCalls(Sample before, Sample after) => Difference(before, after).Sum(s => s.Calls);

    public static double StatementsWithoutTransactionControl(Sample before, Sample after) =>
        Difference(before, after).Where(s => !IsTransactionControl(s)).Sum(s => s.Calls);

    /// <summary>False if the server does not count statements.</summary>
    public bool HasStatements => _hasStatements;

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    static bool IsTransactionControl(StatementCost statement) =>
        statement.Query is "BEGIN" or "begin" or "COMMIT" or "commit" or "ROLLBACK" || statement.Query.StartsWith("BEGIN ", StringComparison.Ordinal);

    async Task EnableStatements(CancellationToken ct)
    {
        await using var preloaded = _source.CreateCommand("show shared_preload_libraries");
        if (await preloaded.ExecuteScalarAsync(ct) is not string libraries || !libraries.Contains("pg_stat_statements", StringComparison.Ordinal))
        {
            return;
        }
        await using var create = _source.CreateCommand("create extension if not exists pg_stat_statements");
        await create.ExecuteNonQueryAsync(ct);
        _hasStatements = true;
    }

    async Task<IReadOnlyDictionary<long, StatementCost>> Statements(CancellationToken ct)
    {
        var statements = new Dictionary<long, StatementCost>();
        if (!_hasStatements)
        {
            return statements;
        }
        await using var command = _source.CreateCommand(
            """
            select s.queryid, regexp_replace(left(min(s.query), 400), '\s+', ' ', 'g'), sum(s.calls)::bigint, sum(s.rows)::bigint, sum(s.total_exec_time)
            from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = $1 group by s.queryid
            """);
        command.Parameters.AddWithValue(_database);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var query = reader.GetString(1);
            statements[reader.GetInt64(0)] = new StatementCost(query.Length > 140 ? query[..140] + "…" : query, reader.GetInt64(2), reader.GetInt64(3), reader.GetDouble(4));
        }
        return statements;
    }

    static List<StatementCost> Difference(Sample before, Sample after) => [.. after.Statements
        .Select(s => before.Statements.TryGetValue(s.Key, out var b)
            ? s.Value with { Calls = s.Value.Calls - b.Calls, Rows = s.Value.Rows - b.Rows, Milliseconds = s.Value.Milliseconds - b.Milliseconds }
            : s.Value)
        .Where(s => s.Calls > 0)];

    public sealed record Sample(long Commits, long Rollbacks, double WalBytes, long WalSyncs, IReadOnlyDictionary<long, StatementCost> Statements);
}
