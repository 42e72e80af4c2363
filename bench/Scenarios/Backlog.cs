using JobSystem.Bench.Stack;
using Npgsql;

namespace JobSystem.Bench.Scenarios;

/// <summary>A table full of jobs, inserted by SQL because a million submissions would take minutes. The tasks' names begin with a mark, by which they are found again.</summary>
public sealed class Backlog(StackEnv env, string insertChunk) : IAsyncDisposable
{
    const int Chunk = 100_000;
    const string Mark = "backlog";

    /// <summary>
    /// What the API writes for jobs that are scheduled far ahead: state pending, in every index that waiting jobs are in, in the same queue as the measured ones.
    /// Ids are UUIDv7 of the moment that the row claims to be from, spread over the last ten days, so the indexes look like those of real use.
    /// </summary>
    public const string Waiting =
        """
        insert into jobs (id, version, state, task_name, queue_name, priority, owner, args, kwargs, tags, created_at, updated_at, scheduled_at, not_before, due_at,
                          max_retries, retry_delay, timeout_seconds, attempt, retry_count, lost_count, lost_attempt, progress, history)
        select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3)
                || '8' || substr(md5(random()::text), 1, 15))::uuid,
               1, 'pending', 'backlog', 'default', 1 + n % 4, 'bench', '[' || n || ']', '{"message":"hello"}',
               case when n % 10 = 0 then array['nightly', 'tenant-' || n % 1000] end, at, at, due, due, due,
               3, 60, 300, 0, 0, 0, 0, 0, '{"event":"created","at":"' || to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","attempt":0}' || chr(10)
        from (select n, now() - interval '10 days' + n * interval '10 days' / $2 as at, now() + interval '30 days' + n * interval '100 milliseconds' as due
              from generate_series($1, $1 + $3 - 1) as n) as rows
        """;

    /// <summary>Jobs in every final state and waiting ones, of 20 tasks, 40 queues, 50 owners, 8 workers and 100 schedules; one in seven has a title, one in ten tags.</summary>
    public const string Mixed =
        """
        insert into jobs (id, version, state, task_name, queue_name, priority, owner, args, kwargs, tags, created_at, updated_at, scheduled_at, not_before, due_at, started_at, completed_at,
                          outcome, result, error, worker_id, title, schedule_id, max_retries, retry_delay, timeout_seconds, attempt, retry_count, lost_count, lost_attempt, progress, history)
        select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3)
                || '8' || substr(md5(random()::text), 1, 15))::uuid,
               1, st, 'backlog_' || n % 20, 'queue_' || n % 40, 1 + n % 4, 'owner_' || n % 50, '[' || n || ']', '{"message":"hello"}',
               case when n % 10 = 0 then array['nightly', 'tenant-' || n % 1000] end, at, at, due, due, due,
               case when st in ('completed', 'failed', 'timeout') then at + interval '1 second' end, case when st <> 'pending' then at + interval '3 seconds' end,
               case when st not in ('pending', 'completed') then st end, case when st = 'completed' then '{"ok":true}' end,
               case when st = 'failed' then '{"type":"System.Exception","message":"it broke ' || n || '","stack":null,"attempt":1,"at":"2026-01-01T00:00:00Z"}' end,
               case when st in ('completed', 'failed', 'timeout') then 'worker_' || n % 8 end, case when n % 7 = 0 then 'Report ' || n end, case when n % 50 = 0 then 'sched-' || n % 100 end,
               3, 60, 300, case when st in ('completed', 'failed', 'timeout') then 1 else 0 end, 0, 0, 0, 0, '{"event":"created","at":"2026-01-01T00:00:00Z","attempt":0}' || chr(10)
        from (select n, at, st, case when st = 'pending' then now() + interval '30 days' + n * interval '10 milliseconds' end as due
              from (select n, now() - interval '10 days' + n * interval '10 days' / $2 as at,
                           case when n % 10 < 3 then 'pending' when n % 10 < 8 then 'completed' when n % 100 < 95 then 'failed' when n % 100 < 97 then 'cancelled' when n % 100 < 99 then 'timeout' else 'expired' end as st
                    from generate_series($1, $1 + $3 - 1) as n) as states) as rows
        """;

    readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(env.Postgres);

    public async Task Fill(int jobs, CancellationToken ct)
    {
        for (var done = 0; done < jobs; done += Chunk)
        {
            await Execute(insertChunk, ct, done, jobs + 1, Math.Min(Chunk, jobs - done));
        }
        // What autovacuum would do within a minute; waiting for it would only make the figures random.
        await Execute("vacuum (analyze) jobs", ct);
        await Execute("checkpoint", ct);
    }

    public Task Remove(CancellationToken ct) => Execute($"delete from jobs where task_name like '{Mark}%'", ct);

    /// <summary>Rows that are pending and in the table right now.</summary>
    public async Task<long> Count(CancellationToken ct)
    {
        await using var command = _source.CreateCommand("select count(*) from jobs where state = 'pending'");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    async Task Execute(string sql, CancellationToken ct, params int[] parameters)
    {
        await using var command = _source.CreateCommand(sql);
        command.CommandTimeout = 0;
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }
        await command.ExecuteNonQueryAsync(ct);
    }
}
