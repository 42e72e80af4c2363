using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>On the file of the job store: there is one writer.</summary>
public sealed class SqliteQueueStore(SqliteJobStore jobs, TimeProvider time) : IQueueStore
{
    const string Settings = "name, is_paused, max_concurrency, rate_limit, rate_period";
    const string Held = "exists (select 1 from jobs j where j.id = s.job_id and j.attempt = s.attempt and j.state in ('reserved', 'running'))";

    readonly SqliteFile file = jobs.File;

    public Task<IReadOnlyList<QueueControl>> Controls(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<QueueControl>>(file.Read(
            $"select {Settings} from queues where is_paused or max_concurrency is not null or rate_limit is not null", [], Control));

    public async Task<IReadOnlyList<SlotResult>> Claim(IReadOnlyList<SagaWrite> claims, CancellationToken cancellationToken) => await file.Write(x =>
    {
        var now = time.GetUtcNow();
        x.Execute($"delete from queue_slots as s where not {Held}");
        var room = Room((sql, parameters, read) => x.Query(sql, parameters, read), claims[0].Job.QueueName, now);
        var results = new SlotResult[claims.Count];
        var taken = new List<JobState>();
        foreach (var n in Enumerable.Range(0, claims.Count).OrderByDescending(n => claims[n].Job.Priority).ThenBy(n => claims[n].Job.ReadyAt))
        {
            var isFull = taken.Count >= (room?.Free ?? int.MaxValue);
            results[n] = !SqliteWrite.IsCurrent(x, claims[n]) ? SlotResult.Stale : isFull ? SlotResult.Full : SlotResult.Written;
            if (results[n] == SlotResult.Written)
            {
                taken.Add(claims[n].Job);
            }
        }
        SqliteWrite.Run(x, [.. claims.Where((_, n) => results[n] == SlotResult.Written)], SqliteFormat.Value(now));
        if (room is { } known)
        {
            TakeSlots(x, known, taken, now);
        }
        return results;
    }, cancellationToken);

    public Task<QueueRoom?> Room(string queueName, CancellationToken cancellationToken) =>
        Task.FromResult(Room((sql, parameters, read) => file.Read(sql, parameters, read), queueName, time.GetUtcNow()));

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

    public Task<IReadOnlyList<string>> WithParked(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>(file.Read("select distinct queue_name from jobs where parked_at is not null", [], x => x.GetString(0)));

    public async Task<IReadOnlyList<Guid>> Wake(string queueName, int limit, CancellationToken cancellationToken) => await file.Write(x => x.Query(
        """
        update jobs set parked_at = null, due_at = $now - 1000000 + place from (
            select id as parked, row_number() over (order by priority desc, ready_at) as place
            from jobs where queue_name = $queue and parked_at is not null and state = 'pending' order by priority desc, ready_at limit $limit)
        where id = parked
        returning id
        """,
        [("$queue", queueName), ("$limit", limit), ("$now", SqliteFormat.Value(time.GetUtcNow()))], row => SqliteFormat.Uuid(row, 0)), cancellationToken);

    public Task<int> SendAgain(string queueName, int limit, CancellationToken cancellationToken) => file.Write(x => x.Execute(
        """
        update jobs set dispatched_at = null, due_at = $now where id in (
            select id from jobs
            where queue_name = $queue and completed_at is null and state = 'pending' and not_before is null and pinned_to is null and not is_broadcast
                and parked_at is null and (dispatched_at is not null or due_at > $now)
            limit $limit)
        """,
        ("$queue", queueName), ("$limit", limit), ("$now", SqliteFormat.Value(time.GetUtcNow()))), cancellationToken);

    public Task<IReadOnlyList<Guid>> OnTheirWay(IReadOnlyCollection<Guid> woken, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Guid>>(file.Read(
            "select id from jobs where id in (select unhex(value) from json_each($ids)) and state = 'pending' and parked_at is null",
            [("$ids", SqliteJobStore.Ids(woken))], x => SqliteFormat.Uuid(x, 0)));

    public async Task<IReadOnlyList<JobState>> CancelWaiting(string queueName, DateTimeOffset before, string reason, string by, int limit, CancellationToken cancellationToken)
    {
        var at = UnixTime.FromMicroseconds(UnixTime.Microseconds(time.GetUtcNow()));
        var (prefix, suffix) = QueueClearing.Line(at, reason, by);
        return await file.Write(x =>
        {
            var cancelled = x.Query(
            $"""
            update jobs set version = version + 1, updated_at = $now, state = 'cancelled', outcome = 'cancelled', completed_at = $now,
                cancel_requested_at = coalesce(cancel_requested_at, $now), cancel_reason = coalesce(cancel_reason, $reason), lease_until = null, not_before = null, due_at = null, dispatched_at = null, parked_at = null,
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

    delegate List<QueueRoom> Query(string sql, (string Name, object Value)[] parameters, Func<Microsoft.Data.Sqlite.SqliteDataReader, QueueRoom> read);

    static QueueRoom? Room(Query query, string queueName, DateTimeOffset now)
    {
        const string Sql = $"select {Settings}, tokens, tokens_at, (select count(*) from queue_slots s where s.queue_name = q.name and {Held}) from queues q where name = $queue";
        var found = query(Sql, [("$queue", queueName)], row =>
        {
            var control = Control(row);
            var since = row.IsDBNull(6) ? TimeSpan.Zero : now - SqliteFormat.Time(row, 6);
            return new(control, row.GetInt32(7), control.Rate?.Refilled(row.IsDBNull(5) ? null : row.GetDouble(5), since));
        });
        return found.Count == 0 ? null : found[0];
    }

    static void TakeSlots(SqliteFile file, QueueRoom room, List<JobState> jobs, DateTimeOffset now)
    {
        var queue = room.Control.Name;
        foreach (var job in room.Control.MaxConcurrency is null ? [] : jobs)
        {
            file.Execute("insert or replace into queue_slots (job_id, queue_name, attempt) values ($id, $queue, $attempt)",
                ("$id", SqliteFormat.Value(job.CorrelationId)), ("$queue", queue), ("$attempt", job.Attempt));
        }
        if (room.Tokens is { } tokens)
        {
            file.Execute("update queues set tokens = $tokens, tokens_at = $now where name = $queue",
                ("$tokens", tokens - jobs.Count), ("$now", SqliteFormat.Value(now)), ("$queue", queue));
        }
    }

    static object OrNull(object? value) => value ?? DBNull.Value;

    static QueueControl Control(Microsoft.Data.Sqlite.SqliteDataReader row) => new(
        row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetInt32(2), row.IsDBNull(3) ? null : new RateLimit(row.GetInt32(3), row.GetDouble(4)));
}
