using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>The store on a SQLite file, for standalone. Each writing operation is a transaction of the single writer.</summary>
/// <param name="connectionString">Names the file.</param>
/// <param name="contexts">For lists.</param>
/// <param name="time">The clock of the rows.</param>
/// <param name="isDurable">False: a commit does not wait for the disk.</param>
public sealed class SqliteJobStore(string connectionString, IDbContextFactory<SqliteJobsContext> contexts, TimeProvider time, bool isDurable = true)
    : IJobStore, IDisposable
{
    readonly SqliteFile file = new(connectionString, isDurable);

    internal SqliteFile File => file;

    object Clock => SqliteFormat.Value(time.GetUtcNow());

    public async Task Migrate(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Database.ExecuteSqlRawAsync("pragma journal_mode = wal", cancellationToken);
        // A killed process leaves this lock behind; the data folder is used by one process only
        await context.Database.ExecuteSqlRawAsync("""drop table if exists "__EFMigrationsLock" """, cancellationToken);
        await context.Database.MigrateAsync(cancellationToken);
    }

    public Task<DateTimeOffset> Now(CancellationToken cancellationToken)
    {
        file.Read("select 1", [], x => x.GetInt32(0));
        return Task.FromResult(time.GetUtcNow());
    }

    public async Task<IReadOnlyList<InsertResult>> Insert(IReadOnlyList<Submission> submissions, CancellationToken cancellationToken) =>
        submissions.Count == 0 ? [] : await file.Write(x => SqliteInsert.Run(x, submissions), cancellationToken);

    public Task<IReadOnlyDictionary<Guid, JobState>> Load(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken)
    {
        const string Sql = $"select {JobRow.Columns} from jobs where id in (select unhex(value) from json_each($ids))";
        IReadOnlyDictionary<Guid, JobState> found = file.Read(Sql, [("$ids", Ids(ids))], JobRow<SqliteFormat>.Read).ToDictionary(x => x.CorrelationId);
        return Task.FromResult(found);
    }

    public async Task<IReadOnlyList<bool>> Write(IReadOnlyList<SagaWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
        {
            return [];
        }
        Dictionary<JobState, List<JobState>>? inserted = null;
        var written = await file.Write(x => SqliteWrite.Run(x, writes, Clock, out inserted), cancellationToken);
        // After the commit: what was rolled back may be written again
        foreach (var (job, followUps) in inserted ?? [])
        {
            job.FollowUps = followUps;
        }
        return written;
    }

    public Task<ClaimedJobs> Claim(JobClaim claim, CancellationToken cancellationToken) => file.Write(x => SqliteClaim.Run(x, claim), cancellationToken);

    /// <summary>Waits for a worker, and for no time but its expiry.</summary>
    const string Waits =
        "(state = 'pending' and not_before is null and pinned_to is null and not is_broadcast and (expires_at is null or expires_at > $now))";

    public Task<IReadOnlyList<DueJob>> Due(DateTimeOffset from, DateTimeOffset now, int limit, CancellationToken cancellationToken) => Rows(
        $"select id, due_at, {Waits} from jobs where due_at >= $from and due_at <= $now order by due_at limit $limit",
        [("$from", SqliteFormat.Value(from)), ("$now", SqliteFormat.Value(now)), ("$limit", limit)],
        x => new DueJob(SqliteFormat.Uuid(x, 0), SqliteFormat.Time(x, 1), x.GetBoolean(2)));

    public Task<DateTimeOffset?> NextDue(DateTimeOffset from, CancellationToken cancellationToken)
    {
        const string Sql = "select due_at from jobs where due_at >= $from order by due_at limit 1";
        var first = file.Read(Sql, [("$from", SqliteFormat.Value(from))], x => SqliteFormat.Time(x, 0));
        return Task.FromResult<DateTimeOffset?>(first.Count == 0 ? null : first[0]);
    }

    public Task DisarmWaiting(IReadOnlyCollection<Guid> ids, DateTimeOffset now, CancellationToken cancellationToken) => file.Write(
        x => x.Execute(
            $"update jobs set due_at = expires_at where id in (select unhex(value) from json_each($ids)) and due_at <= $now and {Waits}",
            ("$ids", Ids(ids)), ("$now", SqliteFormat.Value(now))), cancellationToken);

    public async Task<IReadOnlyList<RenewedLease>> RenewLeases(
        string workerId, IReadOnlyCollection<HeldAttempt> attempts, TimeSpan lease, CancellationToken cancellationToken)
    {
        const string Sql = """
            update jobs set lease_until = $until
            where id = $id and attempt = $attempt and worker_id = $worker and state in ('reserved', 'running')
            returning cancel_requested_at is not null, cancel_reason
            """;
        return await file.Write(x =>
        {
            var until = SqliteFormat.Value(time.GetUtcNow() + lease);
            return attempts.SelectMany(held => x.Query(
                Sql, [("$until", until), ("$id", SqliteFormat.Value(held.JobId)), ("$attempt", held.Attempt), ("$worker", workerId)],
                row => new RenewedLease(held.JobId, held.Attempt, row.GetBoolean(0), row.IsDBNull(1) ? null : row.GetString(1)))).ToList();
        }, cancellationToken);
    }

    public Task ExpireLeases(CancellationToken cancellationToken) => file.Write(
        x => x.Execute("update jobs set lease_until = $now, due_at = $now where completed_at is null and state in ('reserved', 'running')", ("$now", Clock)),
        cancellationToken);

    public Task ShortenLeases(TimeSpan lease, CancellationToken cancellationToken) => file.Write(
        x => x.Execute(
            """
            update jobs set lease_until = $until, due_at = min(due_at, $until)
            where completed_at is null and state in ('reserved', 'running') and lease_until > $until
            """,
            ("$until", SqliteFormat.Value(time.GetUtcNow() + lease))), cancellationToken);

    /// <summary>The file belongs to one process.</summary>
    public Task<bool> HoldDuty(string name, string holder, TimeSpan time, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task<Purged> Purge(string status, DateTimeOffset endedAfter, DateTimeOffset endedBefore, int limit, CancellationToken cancellationToken)
    {
        const string Sql = """
            select id, completed_at from jobs where completed_at is not null and outcome is $outcome and completed_at >= $after and completed_at < $before
            order by completed_at limit $limit
            """;
        return file.Write(x =>
        {
            var gone = x.Query(
                Sql,
                [
                    ("$outcome", status == JobStatus.Completed ? DBNull.Value : status), ("$after", SqliteFormat.Value(endedAfter)),
                    ("$before", SqliteFormat.Value(endedBefore)), ("$limit", limit),
                ],
                row => (Id: SqliteFormat.Uuid(row, 0), End: SqliteFormat.Time(row, 1)));
            return new Purged(gone.Count(job => Remove(x, job.Id)), gone.Count == 0 ? endedAfter : gone[^1].End);
        }, cancellationToken);
    }

    public async Task<IReadOnlyList<Guid>> Delete(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) =>
        await file.Write(x => ids.Where(id => Remove(x, id)).ToList(), cancellationToken);

    static bool Remove(SqliteFile file, Guid id)
    {
        if (file.Execute("delete from jobs where id = $id and completed_at is not null", ("$id", SqliteFormat.Value(id))) == 0)
        {
            return false;
        }
        file.Execute("delete from job_logs where job_id = $id", ("$id", SqliteFormat.Value(id)));
        return true;
    }

    public Task<JobState?> Find(Guid id, CancellationToken cancellationToken)
    {
        const string Sql = $"select {JobRow.AllColumns} from jobs where id = $id";
        return Task.FromResult(file.Read(Sql, [("$id", SqliteFormat.Value(id))], JobRow<SqliteFormat>.ReadAll).SingleOrDefault());
    }

    public Task<IReadOnlyList<JobStanding>> Standings(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) => Rows(
        "select id, key, state, completed_at from jobs where id in (select unhex(value) from json_each($ids))", [("$ids", Ids(ids))],
        x => new JobStanding(SqliteFormat.Uuid(x, 0), JobRow<SqliteFormat>.Text(x, 1), x.GetString(2), x.IsDBNull(3) ? null : SqliteFormat.Time(x, 3)));

    public Task<IReadOnlyList<Guid>> WhichAreFinal(IReadOnlyCollection<Guid> ids, CancellationToken cancellationToken) => Rows(
        "select id from jobs where id in (select unhex(value) from json_each($ids)) and completed_at is not null", [("$ids", Ids(ids))], x => SqliteFormat.Uuid(x, 0));

    public Task<IReadOnlyList<FollowedJob>> Follow(IReadOnlyCollection<(Guid Id, int Version)> known, CancellationToken cancellationToken) => Rows(
        """
        select unhex(k.value ->> 0), coalesce(j.version, 0), j.state, j.history, j.progress_curve from json_each($known) k
        left join jobs j on j.id = unhex(k.value ->> 0) where j.version is not (k.value ->> 1)
        """,
        [("$known", JsonSerializer.Serialize(known.Select(x => new object[] { x.Id.ToString("N"), x.Version })))],
        x => new FollowedJob(SqliteFormat.Uuid(x, 0), x.GetInt32(1), JobRow<SqliteFormat>.Text(x, 2), JobRow<SqliteFormat>.Text(x, 3), JobRow<SqliteFormat>.Text(x, 4)));

    public Task<IReadOnlyList<JobLogLine>> ReadLogs(Guid id, int? attempt, int offset, int limit, CancellationToken cancellationToken) => Rows(
        "select attempt, at, level, message, line, fields from job_logs where job_id = $id and attempt = coalesce($attempt, attempt) order by attempt, line, seq limit $limit offset $offset",
        [("$id", SqliteFormat.Value(id)), ("$attempt", attempt ?? (object)DBNull.Value), ("$limit", limit), ("$offset", offset)],
        x => new JobLogLine(id, x.GetInt32(0), SqliteFormat.Time(x, 1), x.GetString(2), x.GetString(3), x.GetInt32(4), JobRow<SqliteFormat>.Text(x, 5)));

    public Task<bool> AddQueue(string name, CancellationToken cancellationToken) => file.Write(
        x => x.Execute("insert into queues (name, created_at) values ($name, $now) on conflict do nothing", ("$name", name), ("$now", Clock)) == 1, cancellationToken);

    public Task<IReadOnlyList<string>> QueueNames(CancellationToken cancellationToken) => Rows("select name from queues order by name", [], x => x.GetString(0));

    public Task AddQueuedTasks(IReadOnlyList<QueuedTask> tasks, CancellationToken cancellationToken) => file.Write(
        x => tasks.Sum(task => x.Execute(
            "insert into queued_tasks (queue_name, task_name, version) values ($queue, $task, $version) on conflict do nothing",
            ("$queue", task.QueueName), ("$task", task.TaskName), ("$version", task.Version ?? ""))),
        cancellationToken);

    public Task<IReadOnlyList<QueuedTask>> QueuedTasks(CancellationToken cancellationToken) =>
        Rows("select queue_name, task_name, version from queued_tasks", [], QueuedTaskRow.Read);

    public Task AnnounceTasks(string workerId, IReadOnlyList<AnnouncedTask> tasks, CancellationToken cancellationToken) => file.Write(x =>
    {
        var now = Clock;
        foreach (var task in tasks.DistinctBy(t => (t.Name, t.Version)))
        {
            x.Execute(
                """
                insert into tasks (name, version, announcement, first_seen_at, last_seen_at) values ($name, $version, $announcement, $now, $now)
                on conflict (name, version) do update set announcement = excluded.announcement, last_seen_at = excluded.last_seen_at
                """,
                ("$name", task.Name), ("$version", task.Version), ("$announcement", KnownTasks.ToJson(task)), ("$now", now));
            x.Execute(
                """
                insert into task_workers (name, version, worker_id, last_seen_at, parameters_hash) values ($name, $version, $worker, $now, $hash)
                on conflict (name, version, worker_id) do update set last_seen_at = excluded.last_seen_at, parameters_hash = excluded.parameters_hash
                """,
                ("$name", task.Name), ("$version", task.Version), ("$worker", workerId), ("$now", now), ("$hash", KnownTasks.ParametersHash(task) ?? (object)DBNull.Value));
        }
        return x.Execute("delete from task_workers where last_seen_at < $gone and worker_id <> $worker",
            ("$gone", SqliteFormat.Value(time.GetUtcNow() - KnownTasks.ForgetWorkersAfter)), ("$worker", workerId));
    }, cancellationToken);

    public Task<IReadOnlyList<KnownTask>> Tasks(CancellationToken cancellationToken)
    {
        const string Sql = """
            select t.announcement, t.first_seen_at, t.last_seen_at, w.worker_id, w.parameters_hash
            from tasks t left join task_workers w on w.name = t.name and w.version = t.version and w.last_seen_at > $since
            order by t.last_seen_at desc, t.name, t.version
            """;
        var rows = file.Read(Sql, [("$since", SqliteFormat.Value(time.GetUtcNow() - KnownTasks.WorkersSeenWithin))],
            x => new AnnouncedBy(x.GetString(0), SqliteFormat.Time(x, 1), SqliteFormat.Time(x, 2), x.IsDBNull(3) ? null : x.GetString(3), x.IsDBNull(4) ? null : x.GetString(4)));
        return Task.FromResult(KnownTasks.FromRows(rows));
    }

    public void Dispose() => file.Dispose();

    Task<IReadOnlyList<T>> Rows<T>(string sql, (string Name, object Value)[] parameters, Func<Microsoft.Data.Sqlite.SqliteDataReader, T> read) =>
        Task.FromResult<IReadOnlyList<T>>(file.Read(sql, parameters, read));

    internal static string Ids(IEnumerable<Guid> ids) => JsonSerializer.Serialize(ids.Select(x => x.ToString("N")));
}
