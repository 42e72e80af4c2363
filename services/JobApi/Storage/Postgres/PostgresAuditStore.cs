using JobSystem.ServiceDefaults.Audit;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>
/// The chain on PostgreSQL. The ids have no gaps, so whoever inserts the next one first has added to the end, and the others read the new end: nothing is
/// locked between reading and inserting.
/// </summary>
sealed class PostgresAuditStore(NpgsqlDataSource source) : IAuditStore
{
    /// <summary>Maximum number of retries after conflicts with concurrent writers.</summary>
    const int Tries = 100;

    /// <summary>
    /// Instances of an earlier version hold this lock from reading the end until they have added to it, and do not try again when somebody was
    /// faster. One statement has it for no longer than it takes.
    /// </summary>
    internal const long Lock = 0x4A6F_6253_7973_0002;

    static readonly string insert = $"""
        with turn as materialized (select pg_advisory_xact_lock({Lock}))
        insert into audit_entries (id, entry_key, at, actor, credential, surface, action, object_type, object_id, address, outcome, status, code, details, trace_id, previous_hash, hash)
        select entry.* from turn, unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::int[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[]) as entry
        """;

    readonly PostgresCalls calls = new(source);

    public Task<AuditAppended> Append(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken) =>
        calls.Run((_, ct) => AppendInTurn(entries, ct), cancellationToken);

    async Task<AuditAppended> AppendInTurn(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await TryAppend(entries, cancellationToken);
            }
            catch (PostgresException lost) when (left > 1 && lost.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // Another process was faster
            }
        }
    }

    async Task<AuditAppended> TryAppend(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        var (known, before) = await Read(entries, cancellationToken);
        var rows = new List<AuditRow>(entries.Count);
        var head = before;
        foreach (var entry in entries.Where(x => known.Add(x.Key)))
        {
            rows.Add(AuditRow.After(head, entry));
            head = new(rows[^1].Id, rows[^1].Hash);
        }
        if (rows.Count > 0)
        {
            await using var command = source.CreateCommand(insert);
            AddColumns(command.Parameters, rows);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        return new(before, head);
    }

    /// <summary>Reads the end first: an entry added concurrently conflicts with the insert.</summary>
    async Task<(HashSet<Guid> Known, AuditHead Head)> Read(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select id, hash from audit_entries order by id desc limit 1"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select entry_key from audit_entries where entry_key = any($1)")
        {
            Parameters = { Values(entries, x => x.Key) },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var head = await reader.ReadAsync(cancellationToken) ? new(reader.GetInt64(0), reader.GetString(1)) : AuditHead.None;
        await reader.NextResultAsync(cancellationToken);
        var known = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            known.Add(reader.GetGuid(0));
        }
        return (known, head);
    }

    static void AddColumns(NpgsqlParameterCollection parameters, List<AuditRow> rows)
    {
        parameters.Add(Values(rows, x => x.Id));
        parameters.Add(Values(rows, x => x.EntryKey));
        parameters.Add(Values(rows, x => x.At.UtcDateTime));
        foreach (var column in (ReadOnlySpan<Func<AuditRow, string?>>)
            [x => x.Actor, x => x.Credential, x => x.Surface, x => x.Action, x => x.ObjectType, x => x.ObjectId, x => x.Address, x => x.Outcome])
        {
            parameters.Add(Values(rows, column));
        }
        parameters.Add(Values(rows, x => x.Status));
        foreach (var column in (ReadOnlySpan<Func<AuditRow, string?>>)[x => x.Code, x => x.Details, x => x.TraceId, x => x.PreviousHash, x => x.Hash])
        {
            parameters.Add(Values(rows, column));
        }
    }

    static NpgsqlParameter<T[]> Values<TRow, T>(IEnumerable<TRow> rows, Func<TRow, T> of) => new() { TypedValue = [.. rows.Select(of)] };
}
