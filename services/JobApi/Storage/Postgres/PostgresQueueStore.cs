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

    public async Task<QueueRoom?> Room(string queueName, CancellationToken cancellationToken)
    {
        const string Sql = """
            select name, is_paused, max_concurrency, rate_limit, rate_period, tokens, extract(epoch from clock_timestamp() - tokens_at)::float8,
                (select count(*)::int from queue_slots s where s.queue_name = q.name
                    and exists (select from jobs j where j.id = s.job_id and j.attempt = s.attempt and j.state in ('reserved', 'running')))
            from queues q where name = $1
            """;
        var found = await Rows(Sql, [new NpgsqlParameter<string> { TypedValue = queueName }], Room, cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    static QueueRoom Room(NpgsqlDataReader row)
    {
        RateLimit? rate = row.IsDBNull(3) ? null : new(row.GetInt32(3), row.GetDouble(4));
        var tokens = rate?.Refilled(row.IsDBNull(5) ? null : row.GetDouble(5), TimeSpan.FromSeconds(row.IsDBNull(6) ? 0 : row.GetDouble(6)));
        return new(new(row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetInt32(2), rate), row.GetInt32(7), tokens);
    }

    public Task<bool> Change(string queueName, QueueSettings settings, CancellationToken cancellationToken) =>
        calls.Run((_, ct) => PostgresSettings.Change(source, queueName, settings, ct), cancellationToken);

    public async Task<bool> AnyReserved(string queueName, CancellationToken cancellationToken) => (await Rows(
        "select exists (select from jobs where queue_name = $1 and completed_at is null and due_at is not null and state = 'reserved')",
        [new NpgsqlParameter<string> { TypedValue = queueName }], x => x.GetBoolean(0), cancellationToken))[0];

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
                cancel_reason = coalesce(cancel_reason, $4), lease_until = null, not_before = null, due_at = null, history = coalesce(history, '') || $5 || attempt || $6
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
