using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>The store on PostgreSQL. An operation is one statement and one round trip, unless stated otherwise.</summary>
public sealed class PostgresJobStore(NpgsqlDataSource source, IDbContextFactory<PostgresJobsContext> contexts, TimeProvider time) : IJobStore
{
    /// <summary>Waits for a worker, and for no time but its expiry. $2 is now.</summary>
    const string Waits =
        "(state = 'pending' and not_before is null and pinned_to is null and not is_broadcast and (expires_at is null or expires_at > $2))";

    readonly PostgresCalls calls = new(source);

    public Task Migrate(CancellationToken cancellationToken) =>
        calls.Run((_, ct) => PostgresMigration.Run(source, contexts, ct), cancellationToken);

    public async Task<DateTimeOffset> Now(CancellationToken cancellationToken) =>
        (await Rows("select clock_timestamp()", [], x => PostgresFormat.Time(x, 0), cancellationToken))[0];

    public async Task<IReadOnlyList<InsertResult>> Insert(IReadOnlyList<Submission> submissions, CancellationToken cancellationToken) =>
        submissions.Count == 0 ? [] : await calls.Run((again, ct) => PostgresInsert.Run(source, submissions, again, ct), cancellationToken);

    public async Task<IReadOnlyDictionary<Guid, JobState>> Load(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        const string Sql = $"select {JobRow.Columns} from jobs where id = any($1)";
        var found = await Rows(Sql, [Array(ids)], JobRow<PostgresFormat>.Read, cancellationToken);
        return found.ToDictionary(x => x.CorrelationId);
    }

    public async Task<IReadOnlyList<bool>> Write(IReadOnlyList<SagaWrite> writes, CancellationToken cancellationToken)
    {
        var stamp = UnixTime.WholeMicroseconds(time.GetUtcNow());
        return writes.Count == 0 ? [] : await calls.Run((again, ct) => PostgresWrite.Run(source, writes, stamp, again, ct), cancellationToken);
    }

    public Task<ClaimedJobs> Claim(JobClaim claim, CancellationToken cancellationToken) =>
        calls.Run((_, ct) => PostgresClaim.Run(source, claim, ct), cancellationToken);

    public Task<IReadOnlyList<DueJob>> Due(DateTimeOffset from, DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        Rows(
            $"select id, due_at, {Waits} from jobs where due_at >= $1 and due_at <= $2 order by due_at limit $3",
            [Time(from), Time(now), Value(limit)], x => new DueJob(x.GetGuid(0), PostgresFormat.Time(x, 1), x.GetBoolean(2)), cancellationToken);

    public async Task<DateTimeOffset?> NextDue(DateTimeOffset from, CancellationToken cancellationToken)
    {
        const string Sql = "select due_at from jobs where due_at >= $1 order by due_at limit 1";
        var first = await Rows(Sql, [Time(from)], x => PostgresFormat.Time(x, 0), cancellationToken);
        return first.Count == 0 ? null : first[0];
    }

    public Task DisarmWaiting(IReadOnlyCollection<Guid> ids, DateTimeOffset now, CancellationToken cancellationToken) =>
        Execute(
            $"""
            with locked as (select id from jobs where id = any($1) and due_at <= $2 and {Waits} order by id for update skip locked)
            update jobs j set due_at = j.expires_at from locked l where j.id = l.id
            """,
            [Array(ids), Time(now)], cancellationToken);

    public Task<IReadOnlyList<RenewedLease>> RenewLeases(
        string workerId, IReadOnlyCollection<HeldAttempt> attempts, TimeSpan lease, CancellationToken cancellationToken) =>
        Rows(
            """
            with locked as (select id, attempt, state, worker_id from jobs where id = any($1) order by id for update)
            update jobs j set lease_until = clock_timestamp() + $3
            from unnest($1::uuid[], $2::int[]) as t(id, attempt)
            join locked l on l.id = t.id and l.attempt = t.attempt and l.worker_id = $4 and l.state in ('reserved', 'running')
            where j.id = l.id
            returning j.id, j.attempt, j.cancel_requested_at is not null, j.cancel_reason
            """,
            [Array(attempts.Select(x => x.JobId)), Array(attempts.Select(x => x.Attempt)), Value(lease), Value(workerId)],
            x => new RenewedLease(x.GetGuid(0), x.GetInt32(1), x.GetBoolean(2), x.IsDBNull(3) ? null : x.GetString(3)), cancellationToken);

    public Task ExpireLeases(CancellationToken cancellationToken) =>
        Execute(
            "update jobs set lease_until = clock_timestamp(), due_at = clock_timestamp() where completed_at is null and state in ('reserved', 'running')",
            [], cancellationToken);

    public Task ShortenLeases(TimeSpan lease, CancellationToken cancellationToken) =>
        Execute(
            """
            update jobs set lease_until = statement_timestamp() + $1, due_at = least(due_at, statement_timestamp() + $1)
            where completed_at is null and state in ('reserved', 'running') and lease_until > statement_timestamp() + $1
            """,
            [Value(lease)], cancellationToken);

    public async Task<bool> HoldDuty(string name, string holder, TimeSpan time, CancellationToken cancellationToken)
    {
        // It cannot be held longer than this, unless the clock was set back
        const string Sql = """
            insert into duties (name, holder, held_until) values ($1, $2, clock_timestamp() + $3)
            on conflict (name) do update set holder = excluded.holder, held_until = excluded.held_until
            where duties.holder = excluded.holder or duties.held_until < clock_timestamp() or duties.held_until > clock_timestamp() + $3
            """;
        return await Execute(Sql, [Value(name), Value(holder), Value(time)], cancellationToken) == 1;
    }

    public async Task<Purged> Purge(string status, DateTimeOffset endedAfter, DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken)
    {
        // Ordered by both columns of the index, although the first is the same in all rows: PostgreSQL does not see that of "is null"
        const string Sql = """
            with gone as (
                delete from jobs where id = any(array(
                    select id from jobs where completed_at is not null and outcome {0} and completed_at >= $1 and completed_at < $2
                    order by outcome, completed_at limit $3 for update skip locked))
                returning id, completed_at),
            lines as (delete from job_logs where job_id = any(array(select id from gone)))
            select count(*)::int, max(completed_at) from gone
            """;
        var completed = status == JobStatus.Completed;
        NpgsqlParameter[] range = [Time(endedAfter), Time(endedBefore), Value(limit)];
        var gone = await Rows(
            Sql.Replace("{0}", completed ? "is null" : "= $4", StringComparison.Ordinal), completed ? range : [.. range, Value(status)],
            x => new Purged(x.GetInt32(0), x.IsDBNull(1) ? endedAfter : PostgresFormat.Time(x, 1)), cancellationToken);
        return gone[0];
    }

    public Task<IReadOnlyList<Guid>> Delete(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        const string Sql = """
            with gone as (delete from jobs where id = any($1) and completed_at is not null returning id),
            lines as (delete from job_logs where job_id = any(array(select id from gone)))
            select id from gone
            """;
        return Rows(Sql, [Array(ids)], x => x.GetGuid(0), cancellationToken);
    }

    public async Task<JobState?> Find(Guid id, CancellationToken cancellationToken)
    {
        const string Sql = $"select {JobRow.AllColumns} from jobs where id = $1";
        return (await Rows(Sql, [Value(id)], JobRow<PostgresFormat>.ReadAll, cancellationToken)).SingleOrDefault();
    }

    public Task<IReadOnlyList<JobStanding>> Standings(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        Rows("select id, key, state, completed_at from jobs where id = any($1)", [Array(ids)],
            x => new JobStanding(x.GetGuid(0), JobRow<PostgresFormat>.Text(x, 1), x.GetString(2), x.IsDBNull(3) ? null : PostgresFormat.Time(x, 3)), cancellationToken);

    public Task<IReadOnlyList<Guid>> WhichAreFinal(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        Rows("select id from jobs where id = any($1) and completed_at is not null", [Array(ids)], x => x.GetGuid(0), cancellationToken);

    public Task<IReadOnlyList<FollowedJob>> Follow(IReadOnlyCollection<(Guid Id, int Version)> known, CancellationToken cancellationToken) =>
        Rows(
            """
            select k.id, coalesce(j.version, 0), j.state, j.history, j.progress_curve from unnest($1::uuid[], $2::int[]) as k(id, version)
            left join jobs j on j.id = k.id where j.version is distinct from k.version
            """,
            [Array(known.Select(x => x.Id)), Array(known.Select(x => x.Version))],
            x => new FollowedJob(x.GetGuid(0), x.GetInt32(1), JobRow<PostgresFormat>.Text(x, 2), JobRow<PostgresFormat>.Text(x, 3), JobRow<PostgresFormat>.Text(x, 4)), cancellationToken);

    public Task<IReadOnlyList<JobLogLine>> ReadLogs(Guid id, int? attempt, int offset, int limit, CancellationToken cancellationToken) =>
        Rows(
            "select attempt, at, level, message, line, fields from job_logs where job_id = $1 and attempt = coalesce($2, attempt) order by attempt, line, seq offset $3 limit $4",
            [Value(id), Value(attempt), Value(offset), Value(limit)],
            x => new JobLogLine(id, x.GetInt32(0), PostgresFormat.Time(x, 1), x.GetString(2), x.GetString(3), x.GetInt32(4), JobRow<PostgresFormat>.Text(x, 5)), cancellationToken);

    public async Task<bool> AddQueue(string name, CancellationToken cancellationToken) =>
        await Execute("insert into queues (name, created_at) values ($1, clock_timestamp()) on conflict do nothing", [Value(name)], cancellationToken) == 1;

    public Task<IReadOnlyList<string>> QueueNames(CancellationToken cancellationToken) =>
        Rows("select name from queues order by name", [], x => x.GetString(0), cancellationToken);

    public Task AddQueuedTasks(IReadOnlyList<QueuedTask> tasks, CancellationToken cancellationToken) =>
        Execute(
            """
            insert into queued_tasks (queue_name, task_name, version) select * from unnest($1::text[], $2::text[], $3::text[]) as t(queue_name, task_name, version)
            order by queue_name, task_name, version on conflict do nothing
            """,
            [Array(tasks.Select(x => x.QueueName)), Array(tasks.Select(x => x.TaskName)), Array(tasks.Select(x => x.Version ?? ""))], cancellationToken);

    public Task<IReadOnlyList<QueuedTask>> QueuedTasks(CancellationToken cancellationToken) =>
        Rows("select queue_name, task_name, version from queued_tasks", [], QueuedTaskRow.Read, cancellationToken);

    public Task AnnounceTasks(string workerId, IReadOnlyList<AnnouncedTask> tasks, CancellationToken cancellationToken)
    {
        var distinct = tasks.DistinctBy(x => (x.Name, x.Version)).OrderBy(x => x.Name, StringComparer.Ordinal).ThenBy(x => x.Version, StringComparer.Ordinal).ToList();
        return Execute(
            PostgresTasks.Announce,
            [
                Value(workerId), Array(distinct.Select(x => x.Name)), Array(distinct.Select(x => x.Version)),
                Array(distinct.Select(KnownTasks.ToJson)), Value(KnownTasks.ForgetWorkersAfter), Array(distinct.Select(KnownTasks.ParametersHash)),
            ],
            cancellationToken);
    }

    public async Task<IReadOnlyList<KnownTask>> Tasks(CancellationToken cancellationToken) =>
        KnownTasks.FromRows(await Rows(
            PostgresTasks.All, [Value(KnownTasks.WorkersSeenWithin)],
            x => new AnnouncedBy(x.GetString(0), PostgresFormat.Time(x, 1), PostgresFormat.Time(x, 2), x.IsDBNull(3) ? null : x.GetString(3), x.IsDBNull(4) ? null : x.GetString(4)), cancellationToken));

    static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    static NpgsqlParameter<T[]> Array<T>(IEnumerable<T> values) => new() { TypedValue = [.. values] };

    static NpgsqlParameter<DateTime> Time(DateTimeOffset time) => new() { TypedValue = UnixTime.WholeMicroseconds(time) };

    Task<IReadOnlyList<T>> Rows<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        calls.Rows(sql, parameters, read, cancellationToken);

    Task<int> Execute(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) => calls.Execute(sql, parameters, cancellationToken);
}
