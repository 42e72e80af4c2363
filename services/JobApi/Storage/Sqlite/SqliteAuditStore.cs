using JobSystem.ServiceDefaults.Audit;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>The audit chain on SQLite. The writer holds the file lock, so reading the end and appending are atomic.</summary>
sealed class SqliteAuditStore(SqliteJobStore store) : IAuditStore
{
    const string Insert = """
        insert into audit_entries (id, entry_key, at, actor, credential, surface, action, object_type, object_id, address, outcome, status, code, details, trace_id, previous_hash, hash)
        values ($id, $key, $at, $actor, $credential, $surface, $action, $object_type, $object_id, $address, $outcome, $status, $code, $details, $trace_id, $previous_hash, $hash)
        """;

    public Task<AuditAppended> Append(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken) => store.File.Write(file =>
    {
        var before = file.Query("select id, hash from audit_entries order by id desc limit 1", [], x => new AuditHead(x.GetInt64(0), x.GetString(1))) is [var last] ? last : AuditHead.None;
        var head = before;
        foreach (var entry in entries.Where(x => !IsKnown(file, x.Key)))
        {
            var row = AuditRow.After(head, entry);
            Add(file, row);
            head = new(row.Id, row.Hash);
        }
        return new AuditAppended(before, head);
    }, cancellationToken);

    static bool IsKnown(SqliteFile file, Guid key) =>
        file.Query("select 1 from audit_entries where entry_key = $key", [("$key", SqliteFormat.Value(key))], x => x.GetInt32(0)).Count > 0;

    static void Add(SqliteFile file, AuditRow row) => file.Execute(Insert,
        ("$id", row.Id), ("$key", SqliteFormat.Value(row.EntryKey)), ("$at", SqliteFormat.Value(row.At)), ("$actor", row.Actor), ("$credential", row.Credential),
        ("$surface", row.Surface), ("$action", row.Action), ("$object_type", OrNull(row.ObjectType)), ("$object_id", OrNull(row.ObjectId)),
        ("$address", OrNull(row.Address)), ("$outcome", row.Outcome), ("$status", OrNull(row.Status)), ("$code", OrNull(row.Code)),
        ("$details", OrNull(row.Details)), ("$trace_id", OrNull(row.TraceId)), ("$previous_hash", row.PreviousHash), ("$hash", row.Hash));

    static object OrNull(object? value) => value ?? DBNull.Value;
}
