using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Forgets confirmations in bites of one commit each: after a broker has lost everything it may be about a million jobs, and one statement
/// would hold all their locks until it is done or times out. What is left out by a crash is found by the next look at the queue.
/// </summary>
static class PostgresRedispatch
{
    const int Bite = 10_000;

    // Walks along the index of waiting jobs; the jobs of earlier bites no longer match.
    const string Sql = """
        with next as (
            select id, created_at from jobs
            where queue_name = $1 and completed_at is null and priority = $2 and created_at >= $3 and state = 'pending' and dispatched_at < $4 and dispatched_at > '1970-01-01 00:00:00+00'
            order by created_at limit $5 for update skip locked),
        forgotten as (update jobs j set dispatched_at = null, due_at = clock_timestamp() where j.id = any(array(select id from next)))
        select count(*)::int, max(created_at) from next
        """;

    public static async Task<long> Run(NpgsqlDataSource source, string queueName, DateTime confirmedBefore, CancellationToken cancellationToken)
    {
        var total = 0L;
        for (var priority = 4; priority >= 1; priority--)
        {
            var (count, last) = (Bite, DateTime.UnixEpoch);
            while (count == Bite)
            {
                (count, last) = await Forget(source, queueName, priority, last, confirmedBefore, cancellationToken);
                total += count;
            }
        }

        return total;
    }

    static async Task<(int Count, DateTime Last)> Forget(
        NpgsqlDataSource source, string queueName, int priority, DateTime from, DateTime confirmedBefore, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = queueName });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = priority });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = confirmedBefore });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Bite });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt32(0) is var count and > 0 ? (count, reader.GetDateTime(1)) : (0, from);
    }
}
