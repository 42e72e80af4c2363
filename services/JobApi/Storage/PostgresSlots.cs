using Npgsql;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Claims in queues with limits: the queues' rows are locked, the slots that are still held are counted, and only then as many
/// claims are written as there is room for. So instances never let in more than a queue may have.
/// </summary>
static class PostgresSlots
{
    /// <summary>$1 queues. Statements of their own, each with its own snapshot: what another claim committed while this one waited for the lock is counted.</summary>
    const string LockQueues = """
        select name, is_paused, max_concurrency, rate_limit, rate_period, tokens, extract(epoch from clock_timestamp() - tokens_at)::float8,
            clock_timestamp()
        from queues where name = any($1) order by name for update
        """;

    const string Held = "exists (select from jobs j where j.id = s.job_id and j.attempt = s.attempt and j.state in ('reserved', 'running'))";

    const string CountSlots = $"""
        with ended as (delete from queue_slots s where s.queue_name = any($1) and not {Held})
        select s.queue_name, count(*)::int from queue_slots s where s.queue_name = any($1) and {Held} group by s.queue_name
        """;

    const string Look = $"""
        select name, is_paused, max_concurrency, rate_limit, rate_period, tokens, extract(epoch from clock_timestamp() - tokens_at)::float8,
            (select count(*)::int from queue_slots s where s.queue_name = q.name and {Held})
        from queues q where name = $1
        """;

    const string TakeSlots = """
        insert into queue_slots (job_id, queue_name, attempt) select * from unnest($1::uuid[], $2::text[], $3::int[])
        on conflict (job_id) do update set queue_name = excluded.queue_name, attempt = excluded.attempt
        """;

    const string TakeTokens = """
        update queues q set tokens = t.tokens, tokens_at = t.at from unnest($1::text[], $2::float8[], $3::timestamptz[]) as t(name, tokens, at) where q.name = t.name
        """;

    public static async Task<SlotResult[]> Write(NpgsqlDataSource source, IReadOnlyList<SagaWrite> writes, DateTime stamp, bool again, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rooms = await Rooms(connection, [.. writes.Select(x => x.Job.QueueName).Distinct()], cancellationToken);
        var admitted = QueueRoom.Admit(writes, rooms);
        var results = new SlotResult[writes.Count];
        var chosen = new List<int>();
        for (var n = 0; n < writes.Count; n++)
        {
            results[n] = admitted[n] ? SlotResult.Stale : SlotResult.Full;
            if (admitted[n])
            {
                chosen.Add(n);
            }
        }
        if (chosen.Count > 0)
        {
            var written = await PostgresWrite.Run(connection, [.. chosen.Select(n => writes[n])], stamp, cancellationToken);
            var taken = chosen.Where((_, k) => written[k]).ToList();
            taken.ForEach(n => results[n] = SlotResult.Written);
            await Take(connection, [.. taken.Select(n => writes[n].Job)], rooms, cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        if (again)
        {
            await FindOwn(source, writes, results, stamp, cancellationToken);
        }
        return results;
    }

    /// <summary>Null when there is no such queue.</summary>
    public static async Task<QueueRoom?> Room(NpgsqlDataSource source, string queueName, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Look);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = queueName });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) with { Held = reader.GetInt32(7) } : null;
    }

    static async Task<Dictionary<string, QueueRoom>> Rooms(NpgsqlConnection connection, string[] queues, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(LockQueues) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = queues } } },
                new(CountSlots) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = queues } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rooms = new Dictionary<string, QueueRoom>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            rooms[reader.GetString(0)] = Read(reader) with { ReadAt = reader.GetDateTime(7) };
        }
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (rooms.TryGetValue(reader.GetString(0), out var room))
            {
                rooms[reader.GetString(0)] = room with { Held = reader.GetInt32(1) };
            }
        }
        return rooms;
    }

    static QueueRoom Read(NpgsqlDataReader row)
    {
        RateLimit? rate = row.IsDBNull(3) ? null : new(row.GetInt32(3), row.GetDouble(4));
        var tokens = rate?.Refilled(row.IsDBNull(5) ? null : row.GetDouble(5), TimeSpan.FromSeconds(row.IsDBNull(6) ? 0 : row.GetDouble(6)));
        return new(new(row.GetString(0), row.GetBoolean(1), row.IsDBNull(2) ? null : row.GetInt32(2), rate), 0, tokens);
    }

    static async Task Take(NpgsqlConnection connection, Lifecycle.JobState[] jobs, Dictionary<string, QueueRoom> rooms, CancellationToken cancellationToken)
    {
        var slots = Array.FindAll(jobs, x => rooms.TryGetValue(x.QueueName, out var room) && room.Control.MaxConcurrency is not null);
        var tokens = rooms.Values.Where(x => x.Tokens is not null).Select(x => (x.Control.Name, Left: x.Tokens!.Value - jobs.Count(job => job.QueueName == x.Control.Name), x.ReadAt)).ToList();
        await using var batch = new NpgsqlBatch(connection);
        if (slots.Length > 0)
        {
            batch.BatchCommands.Add(new(TakeSlots)
            {
                Parameters =
                {
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. slots.Select(x => x.CorrelationId)] },
                    new NpgsqlParameter<string[]> { TypedValue = [.. slots.Select(x => x.QueueName)] },
                    new NpgsqlParameter<int[]> { TypedValue = [.. slots.Select(x => x.Attempt)] },
                },
            });
        }
        if (tokens.Count > 0)
        {
            batch.BatchCommands.Add(new(TakeTokens)
            {
                Parameters =
                {
                    new NpgsqlParameter<string[]> { TypedValue = [.. tokens.Select(x => x.Name)] },
                    new NpgsqlParameter<double[]> { TypedValue = [.. tokens.Select(x => x.Left)] },
                    new NpgsqlParameter<DateTime[]> { TypedValue = [.. tokens.Select(x => x.ReadAt)] },
                },
            });
        }
        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>The first try may have been carried out, and its answer lost.</summary>
    static async Task FindOwn(NpgsqlDataSource source, IReadOnlyList<SagaWrite> writes, SlotResult[] results, DateTime stamp, CancellationToken cancellationToken)
    {
        var own = await PostgresWrite.Own(source, writes, stamp, cancellationToken);
        for (var n = 0; n < results.Length; n++)
        {
            results[n] = own[n] ? SlotResult.Written : results[n];
        }
    }
}
