using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>On the file of the job store: there is one writer.</summary>
public sealed class SqliteQueueStore(SqliteJobStore jobs, TimeProvider time) : IQueueStore
{
    readonly SqliteFile file = jobs.File;

    public Task<IReadOnlyList<QueueControl>> Controls(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<QueueControl>>(file.Read(
            $"select {SqliteSlots.Settings} from queues where is_paused or max_concurrency is not null or rate_limit is not null", [], SqliteSlots.Control));

    public Task<QueueRoom?> Room(string queueName, CancellationToken cancellationToken) =>
        Task.FromResult(SqliteSlots.Room((sql, parameters, read) => file.Read(sql, parameters, read), queueName, time.GetUtcNow()));

    public Task<bool> Change(string queueName, QueueSettings settings, CancellationToken cancellationToken) => file.Write(x =>
    {
        var found = x.Execute(
            """
            update queues set
                is_paused = coalesce($paused, is_paused),
                description = case when $has_description then $description else description end,
                max_concurrency = case when $has_most then $most else max_concurrency end,
                tokens = case when $has_rate and tokens is not null and (rate_limit, rate_period) is not ($limit, $period) then 0 else tokens end,
                rate_limit = case when $has_rate then $limit else rate_limit end,
                rate_period = case when $has_rate then $period else rate_period end
            where name = $queue
            """,
            ("$queue", queueName), ("$paused", OrNull(settings.IsPaused)),
            ("$has_description", settings.Description is not null), ("$description", OrNull(settings.Description?.Value)),
            ("$has_most", settings.MaxConcurrency is not null), ("$most", OrNull(settings.MaxConcurrency?.Value)),
            ("$has_rate", settings.Rate is not null), ("$limit", OrNull(settings.Rate?.Value?.Limit)), ("$period", OrNull(settings.Rate?.Value?.Period))) > 0;
        if (settings.MaxConcurrency?.Value is not null)
        {
            x.Execute(
                """
                insert or replace into queue_slots (job_id, queue_name, attempt)
                select id, queue_name, attempt from jobs where queue_name = $queue and completed_at is null and state in ('reserved', 'running')
                """,
                ("$queue", queueName));
        }
        return found;
    }, cancellationToken);

    public Task<bool> AnyReserved(string queueName, CancellationToken cancellationToken) => Task.FromResult(file.Read(
        "select 1 from jobs where queue_name = $queue and completed_at is null and state = 'reserved' limit 1",
        [("$queue", queueName)], x => x.GetInt32(0)).Count > 0);

    public async Task<IReadOnlyList<JobState>> CancelWaiting(string queueName, DateTimeOffset before, string reason, string by, int limit, CancellationToken cancellationToken)
    {
        var at = UnixTime.FromMicroseconds(UnixTime.Microseconds(time.GetUtcNow()));
        var (prefix, suffix) = QueueClearing.Line(at, reason, by);
        return await file.Write(x =>
        {
            var cancelled = x.Query(
            $"""
            update jobs set version = version + 1, updated_at = $now, state = 'cancelled', outcome = 'cancelled', completed_at = $now,
                cancel_requested_at = coalesce(cancel_requested_at, $now), cancel_reason = coalesce(cancel_reason, $reason), lease_until = null, not_before = null, due_at = null,
                history = coalesce(history, '') || $before || attempt || $after
            where id in (select id from jobs where queue_name = $queue and completed_at is null and state in ('pending', 'retrying') and created_at <= $created limit $limit)
            returning {QueueClearing.Columns}
            """,
            [("$queue", queueName), ("$limit", limit), ("$now", SqliteFormat.Value(at)), ("$reason", reason), ("$before", prefix), ("$after", suffix),
                ("$created", SqliteFormat.Value(before))],
            row => QueueClearing.Read<SqliteFormat>(row, at, reason, by));
            SqliteWrite.AddToRollups(x, cancelled);
            return cancelled;
        }, cancellationToken);
    }

    static object OrNull(object? value) => value ?? DBNull.Value;
}
