namespace JobSystem.JobApi.Storage;

/// <summary>
/// What a claim asks about its queue, part of a migration. Functions, because each statement of a function sees what was committed before it began: what the
/// lock waited for is counted. The claim itself stays one statement, so that no process that stops can hold a lock for longer than it takes.
/// </summary>
static class ClaimFunctions
{
    /// <summary>
    /// The advisory lock of a queue, as two numbers: claims without limits share it until they commit, and a change of the settings has it alone.
    /// </summary>
    public const string SettingsLock = "1248813651, hashtext";

    /// <summary>
    /// Those of the queues that are neither paused nor limited, and stay so until the caller's transaction ends. It never waits: a queue whose settings are
    /// being changed is left out.
    /// </summary>
    public const string OpenQueues = $"""
        create function open_queues(names text[]) returns setof text language plpgsql strict set plan_cache_mode = force_generic_plan as $$
        declare
            shared text[];
        begin
            shared := array(select n from unnest(names) n where pg_try_advisory_xact_lock_shared({SettingsLock}(n)));
            return query select n from unnest(shared) n
                where not exists (select from queues q where q.name = n and (q.is_paused or q.max_concurrency is not null or q.rate_limit is not null));
        end $$;
        """;

    /// <summary>
    /// How many attempts of the queue may start now, and the tokens that its rate leaves, as <c>QueueRoom</c> and <c>RateLimit</c> have it. The
    /// queue's row is locked until the caller's transaction ends. A queue that is gone has no limits.
    /// </summary>
    public const string ClaimRoom = """
        create function claim_room(queue text, out free int, out tokens float8, out read_at timestamptz, out has_slots boolean) language plpgsql as $$
        declare
            q queues%rowtype;
            held int;
            burst float8;
        begin
            free := 2147483647;
            select * into q from queues where name = queue for update;
            has_slots := q.max_concurrency is not null;
            if has_slots then
                delete from queue_slots s where s.queue_name = queue
                    and not exists (select from jobs j where j.id = s.job_id and j.attempt = s.attempt and j.state in ('reserved', 'running'));
                select count(*) into held from queue_slots s where s.queue_name = queue;
                free := greatest(0, q.max_concurrency - held);
            end if;
            if q.rate_limit is not null then
                read_at := clock_timestamp();
                burst := greatest(1, q.rate_limit / 5.0);
                -- Where no start has been counted yet, both are null and passed over
                tokens := greatest(0, least(burst, q.tokens + greatest(0, extract(epoch from read_at - q.tokens_at)) * q.rate_limit / q.rate_period));
                free := least(free, floor(tokens + 1e-9)::int);
            end if;
            if q.is_paused then
                free := 0;
            end if;
        end $$;
        """;
}
