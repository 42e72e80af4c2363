using JobSystem.JobApi.Model;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>
/// Reserves waiting jobs with one statement: it finds them, locks them, passing over those that another instance has just locked, and updates them. So no
/// two instances reserve the same job, and one that stops holds nobody up. The change is what <c>ClaimConformance</c> says, on both databases.
/// </summary>
static class PostgresClaim
{
    /// <summary>Those that wait for nothing but a worker. Only columns that no index has change when such a job is reserved.</summary>
    const string Waits =
        "j.completed_at is null and j.state = 'pending' and j.not_before is null and not j.is_broadcast and (j.expires_at is null or j.expires_at > $6)";

    const string OpenQueues = "gate as materialized (select open_queues($8) as name)";

    const string Room = "room as materialized (select * from claim_room($15))";

    static readonly string unlimited = Statement(
        OpenQueues, "(select name from gate)", "$7", "", "select array(select name from gate), null::int");

    // The queue's row comes first: whoever has locked it has the rest of the statement to itself
    static readonly string limited = Statement(
        Room, "(select unnest($8) from room)", "least($7, (select free from room))",
        """
        , taken as (
            insert into queue_slots (job_id, queue_name, attempt) select c.id, $15, c.attempt from claimed c where (select has_slots from room)
            on conflict (job_id) do update set queue_name = excluded.queue_name, attempt = excluded.attempt),
        spent as (
            update queues q set tokens = r.tokens - (select count(*) from claimed), tokens_at = r.read_at
            from room r where q.name = $15 and r.tokens is not null)
        """,
        "select $8, (select free from room)");

    /// <summary>
    /// Behind the waiting jobs of a level stand those that are scheduled, so a level is read up to now; 5 s further, because instances read the clock at
    /// slightly different times.
    /// </summary>
    /// <param name="gate">A named query that decides which queues are open.</param>
    /// <param name="open">The names of those.</param>
    /// <param name="limit">The most jobs to reserve.</param>
    /// <param name="also">Further named queries.</param>
    /// <param name="head">The open queues and the room, which the answer tells even if it has no job.</param>
    static string Statement(string gate, string open, string limit, string also, string head) => $"""
        with {gate},
        next as materialized (
            select p.id, p.priority, p.ready_at
            from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[]) as l(queue_name, task_name, version, priority, start)
            cross join lateral (
                select j.id, j.priority, j.ready_at from jobs j
                where j.queue_name = l.queue_name and j.task_name = l.task_name and j.priority = l.priority and coalesce(j.task_version, '') = l.version
                    and j.ready_at >= l.start and j.ready_at <= $6 + interval '5 s' and j.pinned_to is null and {Waits}
                order by j.ready_at limit {limit} for update skip locked) p
            where l.queue_name in {open}
            union all
            select * from (
                select j.id, j.priority, j.ready_at from jobs j where j.id = any($9) and j.queue_name in {open} and {Waits}
                limit {limit} for update skip locked) o),
        numbered as materialized (
            select id, row_number() over (order by priority desc, ready_at, id) as ord from next order by priority desc, ready_at, id limit {limit}),
        claimed as (
            update jobs j set version = j.version + 1, updated_at = $6, state = 'reserved', attempt = j.attempt + 1, worker_id = ($10::text[])[n.ord],
                reserved_at = $6, lease_until = $11, started_at = null, progress = 0, progress_message = null,
                due_at = case when j.due_at > $6 and j.due_at <= $11 then j.due_at else $11 end,
                history = {PostgresWrite.Appended($"$12 || (j.attempt + 1) || ($13::text[])[n.ord] || (j.version + 1) || $14")}
            from numbered n where j.id = n.id
            returning n.ord, {JobRow.ColumnsOf("j")}){also}
        select head.*, c.* from ({head}) as head left join claimed c on true order by c.ord
        """;

    public static async Task<ClaimedJobs> Run(NpgsqlDataSource source, JobClaim claim, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(claim.LimitedQueue is null ? unlimited : limited);
        AddParameters(command, claim);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var jobs = new List<JobState>(claim.Workers.Count);
        string[] open = [];
        int? free = null;
        while (await reader.ReadAsync(cancellationToken))
        {
            open = reader.GetFieldValue<string[]>(0);
            free = reader.IsDBNull(1) ? null : reader.GetInt32(1);
            if (!reader.IsDBNull(2))
            {
                jobs.Add(ClaimStep.With(JobRow<PostgresFormat>.Read(reader, first: 3), claim.Now));
            }
        }
        return new(jobs, [.. claim.Queues.Except(open)], IsFull: free <= jobs.Count);
    }

    static void AddParameters(NpgsqlCommand command, JobClaim claim)
    {
        var lines = claim.Workers.Distinct().ToDictionary(x => x, x => ClaimStep.Line(claim.Now, x));
        var (before, _, after) = lines.Values.First();
        Add(command, claim.Levels, x => x.Level.Task.QueueName);
        Add(command, claim.Levels, x => x.Level.Task.TaskName);
        Add(command, claim.Levels, x => x.Level.Task.Version ?? "");
        Add(command, claim.Levels, x => (int)x.Level.Priority);
        Add(command, claim.Levels, x => UnixTime.WholeMicroseconds(x.From));
        Add(command, UnixTime.WholeMicroseconds(claim.Now));
        Add(command, claim.Workers.Count);
        Add(command, claim.Queues, x => x);
        Add(command, claim.Pinned, x => x);
        Add(command, claim.Workers, x => x);
        Add(command, UnixTime.WholeMicroseconds(claim.LeaseUntil));
        Add(command, before);
        Add(command, claim.Workers, x => lines[x].Between);
        Add(command, after);
        if (claim.LimitedQueue is { } queue)
        {
            Add(command, queue);
        }
    }

    static void Add<T>(NpgsqlCommand command, T value) => command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });

    static void Add<TItem, T>(NpgsqlCommand command, IReadOnlyList<TItem> items, Func<TItem, T> select) => Add(command, items.Select(select).ToArray());
}
