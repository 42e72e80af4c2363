using JobSystem.JobApi.Model;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>
/// Changes a queue's settings in one transaction of one round trip. It waits for the claims that were made under the old settings, each of which shares the
/// queue's lock until it has committed, and those that come meanwhile are refused.
/// </summary>
static class PostgresSettings
{
    const string Lock = $"select pg_advisory_xact_lock({ClaimFunctions.SettingsLock}($1))";

    const string Set = """
        update queues set
            is_paused = coalesce($2, is_paused),
            description = case when $3 then $4 else description end,
            max_concurrency = case when $5 then $6 else max_concurrency end,
            tokens = case when $7 and tokens is not null and (rate_limit, rate_period) is distinct from ($8, $9) then 0 else tokens end,
            rate_limit = case when $7 then $8 else rate_limit end,
            rate_period = case when $7 then $9 else rate_period end
        where name = $1 returning name
        """;

    // Held attempts have a timer: where most jobs wait without one, its index is the shorter way
    const string CountHeld = """
        insert into queue_slots (job_id, queue_name, attempt)
        select id, queue_name, attempt from jobs
        where queue_name = $1 and completed_at is null and due_at is not null and state in ('reserved', 'running')
            and (select max_concurrency is not null from queues where name = $1)
        on conflict (job_id) do update set queue_name = excluded.queue_name, attempt = excluded.attempt
        """;

    public static async Task<bool> Change(NpgsqlDataSource source, string queueName, QueueSettings settings, CancellationToken cancellationToken)
    {
        await using var batch = source.CreateBatch();
        Add(batch, Lock, Value(queueName));
        Add(batch, Set, Value(queueName), Value(settings.IsPaused), Value(settings.Description is not null), Value(settings.Description?.Value),
            Value(settings.MaxConcurrency is not null), Value(settings.MaxConcurrency?.Value), Value(settings.Rate is not null),
            Value(settings.Rate?.Value?.Limit), Value(settings.Rate?.Value?.Period));
        if (settings.MaxConcurrency is not null)
        {
            Add(batch, CountHeld, Value(queueName));
        }
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var found = await reader.ReadAsync(cancellationToken);
        // What the last statement says, errors too, comes with the end of the results
        while (await reader.NextResultAsync(cancellationToken))
        {
        }
        return found;
    }

    static NpgsqlParameter<T> Value<T>(T value) => new() { TypedValue = value };

    static void Add(NpgsqlBatch batch, string sql, params NpgsqlParameter[] parameters)
    {
        var command = batch.CreateBatchCommand();
        command.CommandText = sql;
        command.Parameters.AddRange(parameters);
        batch.BatchCommands.Add(command);
    }
}
