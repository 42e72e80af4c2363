using JobSystem.JobApi.Model;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>
/// Claims in one queue with limits, with one statement: the queue's row is locked, the slots that are still held are counted, and as many claims are written
/// as there is room for. So instances never let in more than the queue may have, and one that stops holds nobody up.
/// </summary>
static class PostgresSlots
{
    static readonly string queue = $"${PostgresWrite.NextParameter}";

    // The queue's row comes first: whoever has it has the jobs' rows to itself. The better and older jobs come first in the list.
    static readonly string claim = $"""
        {PostgresWrite.Update(
            $"room as (select * from claim_room({queue}))",
            $"""
            {PostgresWrite.Locked("and (select free from room) is not null")},
            fit as (select i.ord, row_number() over (order by i.ord) as place from i join locked l on l.id = i.id and l.version = i.expected)
            """,
            "i.ord in (select ord from fit where place <= (select free from room))")},
        taken as (
            insert into queue_slots (job_id, queue_name, attempt) select w.id, {queue}, w.attempt from written w where (select has_slots from room)
            on conflict (job_id) do update set queue_name = excluded.queue_name, attempt = excluded.attempt),
        spent as (
            update queues q set tokens = r.tokens - (select count(*) from written), tokens_at = r.read_at
            from room r where q.name = {queue} and r.tokens is not null)
        select (select array_agg(ord) from written), (select array_agg(ord) from fit where place > (select free from room))
        """;

    const string Room = """
        select name, is_paused, max_concurrency, rate_limit, rate_period, tokens, extract(epoch from clock_timestamp() - tokens_at)::float8,
            (select count(*)::int from queue_slots s where s.queue_name = q.name
                and exists (select from jobs j where j.id = s.job_id and j.attempt = s.attempt and j.state in ('reserved', 'running')))
        from queues q where name = $1
        """;

    /// <param name="claims">All in one queue.</param>
    public static async Task<SlotResult[]> Write(
        NpgsqlDataSource source, IReadOnlyList<SagaWrite> claims, DateTime stamp, bool again, CancellationToken cancellationToken)
    {
        int[] order = [.. Enumerable.Range(0, claims.Count).OrderByDescending(n => claims[n].Job.Priority).ThenBy(n => claims[n].Job.ReadyAt)];
        SagaWrite[] ordered = [.. order.Select(n => claims[n])];
        var found = await Run(source, ordered, stamp, cancellationToken);
        if (again)
        {
            // The first try may have been carried out, and its answer lost
            var own = await PostgresWrite.Own(source, ordered, stamp, cancellationToken);
            found = [.. found.Select((x, k) => own[k] ? SlotResult.Written : x)];
        }
        var results = new SlotResult[claims.Count];
        for (var k = 0; k < order.Length; k++)
        {
            results[order[k]] = found[k];
        }
        return results;
    }

    static async Task<SlotResult[]> Run(NpgsqlDataSource source, SagaWrite[] claims, DateTime stamp, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(claim);
        PostgresWrite.AddRows(command, claims, stamp);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = claims[0].Job.QueueName });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var results = new SlotResult[claims.Length];
        Array.Fill(results, SlotResult.Stale);
        for (var column = 0; column <= 1; column++)
        {
            foreach (var ordinal in reader.IsDBNull(column) ? [] : reader.GetFieldValue<long[]>(column))
            {
                results[ordinal - 1] = column == 0 ? SlotResult.Written : SlotResult.Full;
            }
        }
        return results;
    }

    /// <summary>Null when there is no such queue.</summary>
    public static async Task<QueueRoom?> Find(NpgsqlDataSource source, string queueName, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Room);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = queueName });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    static QueueRoom Read(NpgsqlDataReader row)
    {
        RateLimit? rate = row.IsDBNull(3) ? null : new(row.GetInt32(3), row.GetDouble(4));
        var tokens = rate?.Refilled(row.IsDBNull(5) ? null : row.GetDouble(5), TimeSpan.FromSeconds(row.IsDBNull(6) ? 0 : row.GetDouble(6)));
        return new(new(row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetInt32(2), rate), row.GetInt32(7), tokens);
    }
}
