using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>Reserves waiting jobs in the writer's transaction, as <c>PostgresClaim</c> does.</summary>
static class SqliteClaim
{
    const string Waits =
        "completed_at is null and state = 'pending' and not_before is null and not is_broadcast and (expires_at is null or expires_at > $now)";

    const string OfLevel = $"""
        select id, priority, ready_at from jobs
        where queue_name = $queue and task_name = $task and priority = $priority and coalesce(task_version, '') = $version
            and ready_at >= $from and ready_at <= $now + 5000000 and pinned_to is null and {Waits}
        order by ready_at limit $limit
        """;

    const string Pinned = $"select id, priority, ready_at from jobs where id = $id and {Waits}";

    static readonly string reserve = $"""
        update jobs set version = version + 1, updated_at = $now, state = 'reserved', attempt = attempt + 1, worker_id = $worker,
            reserved_at = $now, lease_until = $until, started_at = null, progress = 0, progress_message = null,
            due_at = case when due_at > $now and due_at <= $until then due_at else $until end,
            history = coalesce(history, '') || $before || (attempt + 1) || $between || (version + 1) || $after
        where id = $id
        returning {JobRow.Columns}, length(history)
        """;

    public static ClaimedJobs Run(SqliteFile file, JobClaim claim)
    {
        var closed = claim.LimitedQueue is null ? Closed(file, claim.Queues) : [];
        var room = claim.LimitedQueue is null ? null : Room(file, claim.LimitedQueue, claim.Now);
        var limit = Math.Min(claim.Workers.Count, room?.Free ?? int.MaxValue);
        var found = Waiting(file, claim, closed, limit).OrderByDescending(x => x.Priority).ThenBy(x => x.ReadyAt).Take(limit).ToList();
        List<JobState> jobs = [.. found.Select((x, n) => Reserve(file, claim, x.Id, claim.Workers[n]))];
        if (room is { } known)
        {
            SqliteSlots.Take(file, known, jobs, claim.Now);
        }
        return new(jobs, [.. closed], IsFull: room?.Free <= jobs.Count);
    }

    static HashSet<string> Closed(SqliteFile file, IReadOnlyList<string> queues)
    {
        const string Sql = "select name from queues where is_paused or max_concurrency is not null or rate_limit is not null";
        return [.. file.Query(Sql, [], x => x.GetString(0)).Intersect(queues)];
    }

    static QueueRoom? Room(SqliteFile file, string queue, DateTimeOffset now)
    {
        SqliteSlots.Sweep(file);
        return SqliteSlots.Room((sql, parameters, read) => file.Query(sql, parameters, read), queue, now);
    }

    static List<Candidate> Waiting(SqliteFile file, JobClaim claim, HashSet<string> closed, int limit)
    {
        var now = SqliteFormat.Value(claim.Now);
        var found = new List<Candidate>();
        foreach (var (level, from) in claim.Levels.Where(x => limit > 0 && !closed.Contains(x.Level.Task.QueueName)))
        {
            found.AddRange(file.Query(
                OfLevel,
                [
                    ("$queue", level.Task.QueueName), ("$task", level.Task.TaskName), ("$priority", level.Priority),
                    ("$version", level.Task.Version ?? ""), ("$from", SqliteFormat.Value(from)), ("$now", now), ("$limit", limit),
                ],
                Candidate.Read));
        }
        if (limit > 0 && !claim.Queues.Any(closed.Contains))
        {
            found.AddRange(claim.Pinned.SelectMany(id => file.Query(Pinned, [("$id", SqliteFormat.Value(id)), ("$now", now)], Candidate.Read)));
        }
        return found;
    }

    static JobState Reserve(SqliteFile file, JobClaim claim, Guid id, string worker)
    {
        var (before, between, after) = ClaimStep.Line(claim.Now, worker);
        var (job, length) = file.Query(
            reserve,
            [
                ("$id", SqliteFormat.Value(id)), ("$now", SqliteFormat.Value(claim.Now)), ("$until", SqliteFormat.Value(claim.LeaseUntil)), ("$worker", worker),
                ("$before", before), ("$between", between), ("$after", after),
            ],
            x => (ClaimStep.With(JobRow<SqliteFormat>.Read(x), claim.Now), x.GetInt64(x.FieldCount - 1)))[0];
        if (length > JobHistory.MaxLength)
        {
            SqliteWrite.Shorten(file, job);
        }
        return job;
    }

    readonly record struct Candidate(Guid Id, int Priority, long ReadyAt)
    {
        public static Candidate Read(Microsoft.Data.Sqlite.SqliteDataReader row) => new(SqliteFormat.Uuid(row, 0), row.GetInt32(1), row.GetInt64(2));
    }
}
