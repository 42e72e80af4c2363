namespace JobSystem.JobApi.Storage;

/// <summary>
/// What keeps audit entries as they are, part of the migration that makes their table. An owner of the database can take it away again;
/// then the chain of hashes tells.
/// </summary>
static class AuditProtection
{
    /// <summary>Revokes privileges, and adds a trigger for roles to which privileges do not apply.</summary>
    public const string Postgres = """
        create function refuse_audit_change() returns trigger language plpgsql as $$
        begin
            raise exception 'audit_entries only grows: % is not possible', tg_op using errcode = 'insufficient_privilege';
        end $$;
        create trigger audit_entries_only_grow before update or delete or truncate on audit_entries
            for each statement execute function refuse_audit_change();
        alter table audit_entries enable always trigger audit_entries_only_grow;
        revoke update, delete, truncate on audit_entries from public, current_user;
        """;

    public const string RemovePostgres = "drop function refuse_audit_change()";

    /// <summary>The trigger on inserts prevents "insert or replace", which does not fire delete triggers.</summary>
    public const string Sqlite = """
        create trigger audit_entries_keep before update on audit_entries
        begin select raise(abort, 'audit_entries only grows: UPDATE is not possible'); end;
        create trigger audit_entries_stay before delete on audit_entries
        begin select raise(abort, 'audit_entries only grows: DELETE is not possible'); end;
        create trigger audit_entries_append before insert on audit_entries
        when exists (select 1 from audit_entries where id = new.id or entry_key = new.entry_key)
        begin select raise(abort, 'audit_entries only grows: REPLACE is not possible'); end;
        """;
}
