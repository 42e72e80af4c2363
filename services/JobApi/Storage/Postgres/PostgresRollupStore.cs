using JobSystem.JobApi.Rollups;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

public sealed class PostgresRollupStore(NpgsqlDataSource source, TimeProvider time) : IRollupStore
{
    const string Keys = "step_seconds, at, queue_name, task_name";
    const string Counts = "submitted, started, completed, failed, timed_out, retried, cancelled, expired, rescued";

    const string Take = """
        delete from rollup_inbox where id in (select id from rollup_inbox where id >= $2 order by id limit $1 for update skip locked) returning id, lines
        """;

    const string Known = $"""
        select {Keys}, wait, run, total from rollups where ({Keys}) in (select * from unnest($1::int[], $2::timestamptz[], $3::text[], $4::text[]))
        """;

    static readonly string add = $"""
        insert into rollups ({Keys}, {Counts}, wait, run, total)
        select * from unnest($1::int[], $2::timestamptz[], $3::text[], $4::text[],
            $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::text[])
        on conflict ({Keys}) do update set {string.Join(", ", Counts.Split(", ").Select(x => $"{x} = rollups.{x} + excluded.{x}"))}, wait = excluded.wait, run = excluded.run, total = excluded.total
        """;

    static readonly string addTotals = $"""
        insert into job_totals (queue_name, task_name, priority, {Counts})
        select * from unnest($1::text[], $2::text[], $3::smallint[],
            $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
        on conflict (queue_name, task_name, priority) do update set {string.Join(", ", Counts.Split(", ").Select(x => $"{x} = job_totals.{x} + excluded.{x}"))}
        """;

    /// <summary>Of the lock that the process holds that is at it.</summary>
    const long Lock = 0x4A6F_6253_7973_0003;

    readonly PostgresCalls calls = new(source);
    readonly RollupInboxCursor place = new(time);

    /// <summary>Idempotent: a repeated commit finds other rows in the inbox.</summary>
    public Task<int> Fold(int limit, CancellationToken cancellationToken) => calls.Run(async (_, ct) =>
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        if (!await TakeTurn(connection, ct))
        {
            return 0;
        }
        NpgsqlParameter[] range = [new NpgsqlParameter<int> { TypedValue = limit }, new NpgsqlParameter<long> { TypedValue = place.Enter() }];
        var taken = await Rows(connection, Take, range, x => (Id: x.GetInt64(0), Lines: x.GetString(1)), ct);
        if (taken.Count == 0)
        {
            return 0;
        }
        var lines = taken.ConvertAll(x => x.Lines);
        var sums = RollupLines.Sum(lines).ToDictionary(x => (x.StepSeconds, x.At.UtcDateTime, x.QueueName, x.TaskName));
        foreach (var (key, wait, run, total) in await Rows(
            connection, Known, KeyArrays(sums.Values), x => ((x.GetInt32(0), x.GetDateTime(1), x.GetString(2), x.GetString(3)), Text(x, 4), Text(x, 5), Text(x, 6)), ct))
        {
            sums[key].AddDurations(wait, run, total);
        }
        await using var command = new NpgsqlCommand(add, connection);
        command.Parameters.AddRange(KeyArrays(sums.Values));
        command.Parameters.AddRange(CountArrays(sums.Values));
        await command.ExecuteNonQueryAsync(ct);
        await using var totals = new NpgsqlCommand(addTotals, connection);
        totals.Parameters.AddRange(TotalArrays(RollupLines.Totals(lines)));
        await totals.ExecuteNonQueryAsync(ct);
        await transaction.CommitAsync(ct);
        place.Passed(taken.Max(x => x.Id));
        return taken.Count;
    }, cancellationToken);

    public Task Purge(DateTimeOffset minutesBefore, DateTimeOffset hoursBefore, CancellationToken cancellationToken) => calls.Execute(
        "delete from rollups where (step_seconds = $1 and at < $2) or (step_seconds = $3 and at < $4)",
        [
            new NpgsqlParameter<int> { TypedValue = Rollup.Minute }, new NpgsqlParameter<DateTime> { TypedValue = minutesBefore.UtcDateTime },
            new NpgsqlParameter<int> { TypedValue = Rollup.Hour }, new NpgsqlParameter<DateTime> { TypedValue = hoursBefore.UtcDateTime },
        ], cancellationToken);

    static async Task<bool> TakeTurn(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        (await Rows(connection, "select pg_try_advisory_xact_lock($1)", [new NpgsqlParameter<long> { TypedValue = Lock }], x => x.GetBoolean(0), cancellationToken))[0];

    static async Task<List<T>> Rows<T>(NpgsqlConnection connection, string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    static NpgsqlParameter[] KeyArrays(IReadOnlyCollection<RollupSum> sums) =>
        [Array(sums, x => x.StepSeconds), Array(sums, x => x.At.UtcDateTime), Array(sums, x => x.QueueName), Array(sums, x => x.TaskName)];

    static NpgsqlParameter[] CountArrays(IReadOnlyCollection<RollupSum> sums) =>
    [
        Array(sums, x => x.Submitted), Array(sums, x => x.Started), Array(sums, x => x.Completed), Array(sums, x => x.Failed), Array(sums, x => x.TimedOut),
        Array(sums, x => x.Retried), Array(sums, x => x.Cancelled), Array(sums, x => x.Expired), Array(sums, x => x.Rescued),
        Array(sums, x => x.Wait.ToText()), Array(sums, x => x.Run.ToText()), Array(sums, x => x.Total.ToText()),
    ];

    static NpgsqlParameter[] TotalArrays(IReadOnlyCollection<JobTotal> totals) =>
    [
        Array(totals, x => x.QueueName), Array(totals, x => x.TaskName), Array(totals, x => x.Priority), Array(totals, x => x.Submitted), Array(totals, x => x.Started),
        Array(totals, x => x.Completed), Array(totals, x => x.Failed), Array(totals, x => x.TimedOut), Array(totals, x => x.Retried), Array(totals, x => x.Cancelled),
        Array(totals, x => x.Expired), Array(totals, x => x.Rescued),
    ];

    static NpgsqlParameter<T[]> Array<TSource, T>(IReadOnlyCollection<TSource> rows, Func<TSource, T> of) => new() { TypedValue = [.. rows.Select(of)] };
}
