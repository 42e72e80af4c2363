using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>
/// Forgets confirmations in bites of one commit each: after a broker has lost everything it may be about a million jobs, and one statement
/// would hold all their locks until it is done or times out. What is left out by a crash is found when the queue is compared again.
/// </summary>
static class PostgresRedispatch
{
    const int Bite = 10_000;

    /// <summary>The condition of the index of confirmed tickets, excluding jobs that have been claimed.</summary>
    const string Confirmed = "completed_at is null and dispatched_at is not null and state = 'pending'";

    /// <summary>$1 queues, $2 tasks, $3 versions (empty for none), $4 priorities, $5 start positions, $6 confirmed before.</summary>
    public const string Oldest = $"""
        select queue_name, task_name, version, priority, oldest from (
            select l.queue_name, l.task_name, l.version, l.priority, (
                select dispatched_at from jobs j
                where j.queue_name = l.queue_name and j.task_name = l.task_name and j.priority = l.priority and coalesce(j.task_version, '') = l.version
                    and {Confirmed} and dispatched_at >= l.entered and dispatched_at < $6
                order by dispatched_at limit 1) as oldest
            from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[]) as l(queue_name, task_name, version, priority, entered)) found
        where oldest is not null
        """;

    public const string AddQueuedTasks = """
        insert into queued_tasks (queue_name, task_name, version)
        select distinct queue_name, task_name, coalesce(task_version, '') from jobs where completed_at is null and dispatched_at is not null
        on conflict do nothing
        """;

    const string Sql = $"""
        with next as (
            select id, dispatched_at from jobs
            where queue_name = $1 and task_name = $2 and coalesce(task_version, '') = $3 and priority = $4 and {Confirmed} and dispatched_at >= $5 and dispatched_at < $6
            order by dispatched_at limit $7 for update skip locked),
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
        await using var command = source.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = level.Task.QueueName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = level.Task.TaskName });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = level.Task.Version ?? "" });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = level.Priority });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = confirmedBefore });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Bite });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt32(0) is var count and > 0 ? (count, reader.GetDateTime(1)) : (0, from);
    }
}
