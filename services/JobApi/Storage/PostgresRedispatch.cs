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

    /// <summary>$1 queues, $2 priorities, $3 where each is entered, $4 confirmed before.</summary>
    public const string Oldest = $"""
        select queue_name, priority, oldest from (
            select l.queue_name, l.priority, (
                select dispatched_at from jobs j
                where j.queue_name = l.queue_name and j.priority = l.priority and {Confirmed} and dispatched_at >= l.entered and dispatched_at < $4
                order by dispatched_at limit 1) as oldest
            from unnest($1::text[], $2::int[], $3::timestamptz[]) as l(queue_name, priority, entered)) found
        where oldest is not null
        """;

    const string Sql = $"""
        with next as (
            select id, dispatched_at from jobs
            where queue_name = $1 and priority = $2 and {Confirmed} and dispatched_at >= $3 and dispatched_at < $4
            order by dispatched_at limit $5 for update skip locked),
        forgotten as (update jobs j set dispatched_at = null, due_at = clock_timestamp() where j.id = any(array(select id from next)))
        select count(*)::int, max(dispatched_at) from next
        """;

    public static async Task<long> Run(NpgsqlDataSource source, QueueLevel level, DateTime confirmedBefore, CancellationToken cancellationToken)
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
        NpgsqlDataSource source, QueueLevel level, DateTime from, DateTime confirmedBefore, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = level.QueueName });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = level.Priority });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = confirmedBefore });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Bite });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt32(0) is var count and > 0 ? (count, reader.GetDateTime(1)) : (0, from);
    }
}
