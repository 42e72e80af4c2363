namespace JobSystem.JobApi.Storage.Postgres;

static class PostgresTasks
{
    /// <summary>$1 worker, $2 names, $3 versions, $4 announcements, $5 retention of workers that are gone, $6 hashes of the schemas.</summary>
    public const string Announce = """
        with announced as (
            insert into tasks (name, version, announcement, first_seen_at, last_seen_at)
            select t.name, t.version, t.announcement::json, statement_timestamp(), statement_timestamp()
            from unnest($2::text[], $3::text[], $4::text[]) as t(name, version, announcement)
            on conflict (name, version) do update set announcement = excluded.announcement, last_seen_at = excluded.last_seen_at),
        forgotten as (
            delete from task_workers where (name, version, worker_id) in (
                select name, version, worker_id from task_workers
                where last_seen_at < statement_timestamp() - $5 and worker_id <> $1 for update skip locked))
        insert into task_workers (name, version, worker_id, last_seen_at, parameters_hash)
        select t.name, t.version, $1, statement_timestamp(), t.hash from unnest($2::text[], $3::text[], $6::text[]) as t(name, version, hash)
        on conflict (name, version, worker_id) do update set last_seen_at = excluded.last_seen_at, parameters_hash = excluded.parameters_hash
        """;

    /// <summary>$1: maximum age of the last heartbeat of live workers.</summary>
    public const string All = """
        select t.announcement::text, t.first_seen_at, t.last_seen_at, w.worker_id, w.parameters_hash
        from tasks t left join task_workers w on w.name = t.name and w.version = t.version and w.last_seen_at > statement_timestamp() - $1
        order by t.last_seen_at desc, t.name, t.version
        """;
}
