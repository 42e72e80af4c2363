using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Forgets confirmations in bites of one commit each: after a broker has lost everything it may be about a million jobs, and one statement
/// would hold all their locks until it is done or times out. What is left out by a crash is found when the queue is compared again.
/// </summary>
static class PostgresRedispatch
{
    const int Bite = 10_000;

    /// <summary>As the index says it that has the confirmed tickets, with the jobs that were claimed since.</summary>
    const string Confirmed = "completed_at is null and dispatched_at > '1970-01-01 00:00:00+00' and state = 'pending'";

    /// <summary>Ordered by the version too, although it is the same in all rows: PostgreSQL does not see that of "is null".</summary>
    const string ByAge = "order by task_version, dispatched_at";

    const string OldestOfLevel = $"""
        select dispatched_at from jobs j
        where j.queue_name = l.queue_name and j.task_name = l.task_name and j.priority = l.priority and {Confirmed}
            and dispatched_at >= l.entered and dispatched_at < $6
        """;

    /// <summary>$1 queues, $2 tasks, $3 versions, empty for none, $4 priorities, $5 where each is entered, $6 confirmed before. Answers numbers from 1 on.</summary>
    public const string Oldest = $"""
        select ord, oldest from (
            select l.ord, case
                when l.version = '' then ({OldestOfLevel} and j.task_version is null {ByAge} limit 1)
                else ({OldestOfLevel} and j.task_version = l.version {ByAge} limit 1) end as oldest
            from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[]) with ordinality as l(queue_name, task_name, version, priority, entered, ord)) found
        where oldest is not null
        """;

    /// <summary>Of old instances' jobs: they have sent the tickets elsewhere.</summary>
    public const string AddQueuedTasks = """
        insert into queued_tasks (queue_name, task_name, version)
        select distinct queue_name, task_name, coalesce(task_version, '') from jobs where completed_at is null and dispatched_at > '1970-01-01 00:00:00+00'
        on conflict do nothing
        """;

    const string Sql = $$"""
        with next as (
            select id, dispatched_at from jobs
            where queue_name = $1 and task_name = $2 and priority = $3 and {{Confirmed}} and dispatched_at >= $4 and dispatched_at < $5 and task_version {0}
            {{ByAge}} limit $6 for update skip locked),
        forgotten as (update jobs j set dispatched_at = null, due_at = clock_timestamp() where j.id = any(array(select id from next)))
        select count(*)::int, max(dispatched_at) from next
        """;

    public static async Task<long> Run(NpgsqlDataSource source, TicketLevel level, DateTime confirmedBefore, CancellationToken cancellationToken)
    {
        var (total, count, last) = (0L, Bite, DateTime.UnixEpoch);
        while (count == Bite)
        {
            (count, last) = await Forget(source, level, last, confirmedBefore, cancellationToken);
            total += count;
        }
        return total;
    }

    static async Task<(int Count, DateTime Last)> Forget(
        NpgsqlDataSource source, TicketLevel level, DateTime from, DateTime confirmedBefore, CancellationToken cancellationToken)
    {
        var version = level.Task.Version;
        await using var command = source.CreateCommand(Sql.Replace("{0}", version is null ? "is null" : "= $7", StringComparison.Ordinal));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = level.Task.QueueName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = level.Task.TaskName });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = level.Priority });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = confirmedBefore });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Bite });
        if (version is not null)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = version });
        }
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt32(0) is var count and > 0 ? (count, reader.GetDateTime(1)) : (0, from);
    }
}
