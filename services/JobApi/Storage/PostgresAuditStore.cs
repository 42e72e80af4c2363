using JobSystem.ServiceDefaults.Audit;
using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>The chain on PostgreSQL. The lock is held until the commit, so that the next writer sees what this one added.</summary>
sealed class PostgresAuditStore(NpgsqlDataSource source) : IAuditStore
{
    const long Lock = 0x4A6F_6253_7973_0002;

    const string Insert = """
        insert into audit_entries (id, entry_key, at, actor, credential, surface, action, object_type, object_id, address, outcome, status, code, details, trace_id, previous_hash, hash)
        select * from unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::int[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[])
        """;

    readonly PostgresCalls calls = new(source);

    public Task<AuditAppended> Append(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken) =>
        calls.Run((_, ct) => AppendOnce(entries, ct), cancellationToken);

    async Task<AuditAppended> AppendOnce(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (known, before) = await Read(connection, transaction, entries, cancellationToken);
        var rows = new List<AuditRow>(entries.Count);
        var head = before;
        foreach (var entry in entries.Where(x => known.Add(x.Key)))
        {
            rows.Add(AuditRow.After(head, entry));
            head = new(rows[^1].Id, rows[^1].Hash);
        }
        if (rows.Count > 0)
        {
            await using var command = new NpgsqlCommand(Insert, connection, transaction);
            AddColumns(command.Parameters, rows);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        return new(before, head);
    }

    /// <summary>One round trip; each statement sees what was committed when it began, so the last two see what was there when the lock was ours.</summary>
    static async Task<(HashSet<Guid> Known, AuditHead Head)> Read(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new($"select pg_advisory_xact_lock({Lock})"),
                new("select entry_key from audit_entries where entry_key = any($1)") { Parameters = { Values(entries, x => x.Key) } },
                new("select id, hash from audit_entries order by id desc limit 1"),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var known = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            known.Add(reader.GetGuid(0));
        }
        await reader.NextResultAsync(cancellationToken);
        return (known, await reader.ReadAsync(cancellationToken) ? new(reader.GetInt64(0), reader.GetString(1)) : AuditHead.None);
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
