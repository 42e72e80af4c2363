using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>The limits of a queue: how many attempts may start, and what those that start use up.</summary>
static class SqliteSlots
{
    public const string Settings = "name, is_paused, max_concurrency, rate_limit, rate_period";
    const string Held = "exists (select 1 from jobs j where j.id = s.job_id and j.attempt = s.attempt and j.state in ('reserved', 'running'))";

    /// <summary>Forgets slots of attempts that are not held any more.</summary>
    public static void Sweep(SqliteFile file) => file.Execute($"delete from queue_slots as s where not {Held}");

    public delegate List<QueueRoom> Query(string sql, (string Name, object Value)[] parameters, Func<Microsoft.Data.Sqlite.SqliteDataReader, QueueRoom> read);

    public static QueueRoom? Room(Query query, string queueName, DateTimeOffset now)
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

    public static void Take(SqliteFile file, QueueRoom room, IReadOnlyList<JobState> jobs, DateTimeOffset now)
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

    public static QueueControl Control(Microsoft.Data.Sqlite.SqliteDataReader row) => new(
        row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetInt32(2), row.IsDBNull(3) ? null : new RateLimit(row.GetInt32(3), row.GetDouble(4)));
}
