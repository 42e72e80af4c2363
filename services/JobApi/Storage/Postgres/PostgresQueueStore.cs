using JobSystem.JobApi.Model;
using JobSystem.JobApi.Rollups;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

public sealed class PostgresQueueStore(NpgsqlDataSource source, TimeProvider time) : IQueueStore
{
    readonly PostgresCalls calls = new(source);

    public Task<IReadOnlyList<QueueControl>> Controls(CancellationToken cancellationToken) =>
        Rows(
            "select name, is_paused, max_concurrency, rate_limit, rate_period from queues where is_paused or max_concurrency is not null or rate_limit is not null",
            [],
            x => new QueueControl(
                x.GetString(0), x.GetBoolean(1), x.IsDBNull(2) ? null : x.GetInt32(2), x.IsDBNull(3) ? null : new RateLimit(x.GetInt32(3), x.GetDouble(4))),
            cancellationToken);

    public async Task<IReadOnlyList<SlotResult>> Claim(IReadOnlyList<SagaWrite> claims, CancellationToken cancellationToken)
    {
        var stamp = UnixTime.WholeMicroseconds(time.GetUtcNow());
        return await calls.Run((again, ct) => PostgresSlots.Write(source, claims, stamp, again, ct), cancellationToken);
    }

    public Task<QueueRoom?> Room(string queueName, CancellationToken cancellationToken) =>
        calls.Run((_, ct) => PostgresSlots.Find(source, queueName, ct), cancellationToken);

    public Task<bool> Change(string queueName, QueueSettings settings, CancellationToken cancellationToken) =>
        calls.Run((_, ct) => PostgresSettings.Change(source, queueName, settings, ct), cancellationToken);

    public async Task<bool> AnyReserved(string queueName, CancellationToken cancellationToken) => (await Rows(
        "select exists (select from jobs where queue_name = $1 and completed_at is null and due_at is not null and state = 'reserved')",
        [new NpgsqlParameter<string> { TypedValue = queueName }], x => x.GetBoolean(0), cancellationToken))[0];

    public Task<IReadOnlyList<string>> WithParked(CancellationToken cancellationToken) =>
        Rows("select distinct queue_name from jobs where parked_at is not null", [], x => x.GetString(0), cancellationToken);

    public Task<IReadOnlyList<Guid>> Wake(string queueName, int limit, CancellationToken cancellationToken) =>
        Rows(
            $"""
            with next as (
                select id, priority, ready_at from jobs where queue_name = $1 and parked_at is not null and state = 'pending'
                order by priority desc, ready_at limit $2 for update skip locked),
            ordered as (select id, row_number() over (order by priority desc, ready_at) as place from next)
            update jobs j set parked_at = null, due_at = statement_timestamp() - interval '1 s' + ordered.place * interval '1 microsecond'
            from ordered where j.id = ordered.id returning j.id
            """,
            [new NpgsqlParameter<string> { TypedValue = queueName }, new NpgsqlParameter<int> { TypedValue = limit }], x => x.GetGuid(0), cancellationToken);

    public async Task<int> SendAgain(string queueName, int limit, CancellationToken cancellationToken) => (await Rows(
        $"""
        with next as (
            select id as next_id from jobs
            where queue_name = $1 and completed_at is null and state = 'pending' and not_before is null and pinned_to is null and not is_broadcast
                and parked_at is null and (dispatched_at is not null or due_at > statement_timestamp())
            limit $2 for update skip locked)
        update jobs set dispatched_at = null, due_at = statement_timestamp() from next where id = next_id returning id
        """,
        [new NpgsqlParameter<string> { TypedValue = queueName }, new NpgsqlParameter<int> { TypedValue = limit }], x => x.GetGuid(0), cancellationToken)).Count;

    public Task<IReadOnlyList<Guid>> OnTheirWay(IReadOnlyCollection<Guid> woken, CancellationToken cancellationToken) =>
        Rows(
            $"select id from jobs where id = any($1) and state = 'pending' and parked_at is null",
            [new NpgsqlParameter<Guid[]> { TypedValue = [.. woken] }], x => x.GetGuid(0), cancellationToken);

    public async Task<IReadOnlyList<JobState>> CancelWaiting(string queueName, DateTimeOffset before, string reason, string by, int limit, CancellationToken cancellationToken)
    {
        var at = UnixTime.FromMicroseconds(UnixTime.Microseconds(time.GetUtcNow()));
        var (prefix, suffix) = QueueClearing.Line(at, reason, by);
        return await Rows(
            $"""
            with next as (
                select id as next_id from jobs where queue_name = $1 and completed_at is null and state in ('pending', 'retrying') and created_at <= $7 limit $2 for update skip locked),
            cancelled as (
            update jobs set version = version + 1, updated_at = $3, state = 'cancelled', outcome = 'cancelled', completed_at = $3, cancel_requested_at = coalesce(cancel_requested_at, $3),
                cancel_reason = coalesce(cancel_reason, $4), lease_until = null, not_before = null, due_at = null, dispatched_at = null, parked_at = null, history = coalesce(history, '') || $5 || attempt || $6
            from next where id = next_id
            returning {QueueClearing.Columns}),
            lines as (
                select concat_ws(E'\t', $8, queue_name, task_name, 'cancelled', 1, '', '',
                    coalesce(extract(epoch from $3 - nullif(greatest(scheduled_at, created_at), 'infinity')), 0), priority) as line from cancelled),
            noted as (insert into rollup_inbox (lines) select string_agg(line, E'\n') from lines having count(*) > 0)
            select {QueueClearing.Columns} from cancelled
            """,
            [
                new NpgsqlParameter<string> { TypedValue = queueName }, new NpgsqlParameter<int> { TypedValue = limit },
                new NpgsqlParameter<DateTime> { TypedValue = UnixTime.WholeMicroseconds(at) }, new NpgsqlParameter<string> { TypedValue = reason },
                new NpgsqlParameter<string> { TypedValue = prefix }, new NpgsqlParameter<string> { TypedValue = suffix },
                new NpgsqlParameter<DateTime> { TypedValue = UnixTime.WholeMicroseconds(before) }, new NpgsqlParameter<long> { TypedValue = RollupLines.MinuteOf(at) },
            ],
            x => QueueClearing.Read<PostgresFormat>(x, at, reason, by), cancellationToken);
    }

    Task<IReadOnlyList<T>> Rows<T>(string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        calls.Rows(sql, parameters, read, cancellationToken);
}
