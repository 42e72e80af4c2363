using JobSystem.JobApi.Model;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>
/// Writes a batch of decisions with one statement. Rows are locked in the order of their ids, so that two instances cannot
/// deadlock; the answer is the ordinals that were written, never ids.
/// </summary>
static class PostgresWrite
{
    const int FirstColumn = 4;
    static readonly int firstOfLogs = FirstColumn + JobColumn.Written.Count;

    static readonly string rows = PostgresColumns.Unnest("i", JobColumn.Written, FirstColumn, ("$1::uuid[]", "id"), ("$2::int[]", "expected"));

    static readonly string assignments = string.Join(", ", JobColumn.Assignable.Select(x => $"{x.Name} = {JobColumn.Assigned(x)}"));

    /// <summary>The history with lines behind it: <c>j</c> is the stored row. See <see cref="JobHistory.Append"/>.</summary>
    internal static string Appended(string lines) => $$"""
        case when octet_length(j.history) + octet_length({{lines}}) > {{JobHistory.MaxLength}} then
            split_part(j.history, E'\n', 1) || E'\n{{JobHistory.TruncatedLine}}\n' || regexp_replace(right(j.history || {{lines}}, {{JobHistory.KeptLength}}), '^[^\n]*\n', '')
        else coalesce(j.history, '') || {{lines}} end
        """;

    /// <summary>
    /// The version is compared where the rows are locked, not where they are updated: the planner expects next to nothing to come out of the join of the two
    /// lists, so it fetches each row by its primary key.
    /// </summary>
    static readonly string update = $$"""
        with i as (select * from {{rows}}),
        locked as (select j.id, j.version from jobs j where j.id = any($1) order by j.id for update),
        written as (
            update jobs j set version = i.expected + 1, updated_at = $3, {{assignments}},
                history = case when i.steps is null then j.history else {{Appended("i.steps")}} end
            from i join locked l on l.id = i.id and l.version = i.expected
            where j.id = l.id
            returning i.ord, i.counted),
        noted as (insert into rollup_inbox (lines) select string_agg(counted, E'\n') from written having count(counted) > 0)
        """;

    static readonly string withoutLogs = $"{update} select array_agg(ord) from written";

    static readonly string withLogs = $$"""
        {{update}},
        logged as (
            insert into job_logs (job_id, attempt, at, level, message, line, fields)
            select l.job_id, l.attempt, l.at, l.level, l.message, l.line, l.fields
            from unnest({{LogArrays(firstOfLogs)}}) with ordinality as l(ord, job_id, attempt, at, level, message, line, fields, n)
            where l.ord in (select ord from written)
            order by l.n)
        select array_agg(ord) from written
        """;

    const string OwnWrites = """
        select array_agg(i.ord) from unnest($1::uuid[], $2::int[]) with ordinality as i(id, expected, ord)
        join jobs j on j.id = i.id and j.version = i.expected + 1 and j.updated_at = $3
        """;

    public static async Task<bool[]> Run(NpgsqlDataSource source, IReadOnlyList<SagaWrite> writes, DateTime stamp, bool again, CancellationToken cancellationToken)
    {
        bool[] written;
        await using (var command = source.CreateCommand())
        {
            written = await Run(command, writes, stamp, cancellationToken);
        }

        if (again && Array.IndexOf(written, false) >= 0)
        {
            var own = await Own(source, writes, stamp, cancellationToken);
            written = [.. written.Select((x, n) => x || own[n])];
        }

        return written;
    }

    /// <summary>The first attempt may have been committed: rows with its stamp were inserted by it.</summary>
    static async Task<bool[]> Own(NpgsqlDataSource source, IReadOnlyList<SagaWrite> writes, DateTime stamp, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(OwnWrites);
        AddKeys(command, writes, stamp);
        return Written(writes.Count, await command.ExecuteScalarAsync(cancellationToken));
    }

    static async Task<bool[]> Run(NpgsqlCommand command, IReadOnlyList<SagaWrite> writes, DateTime stamp, CancellationToken cancellationToken)
    {
        var hasLogs = writes.Any(x => x.Job.NewLogs.Count > 0);
        command.CommandText = hasLogs ? withLogs : withoutLogs;
        AddRows(command, writes, stamp);
        if (hasLogs)
        {
            AddLogs(command, writes);
        }
        return Written(writes.Count, await command.ExecuteScalarAsync(cancellationToken));
    }

    static void AddRows(NpgsqlCommand command, IReadOnlyList<SagaWrite> writes, DateTime stamp)
    {
        AddKeys(command, writes, stamp);
        var jobs = writes.Select(x => x.Job).ToArray();
        foreach (var column in JobColumn.Written)
        {
            command.Parameters.Add(PostgresColumns.Parameter(column, jobs));
        }
    }

    static void AddKeys(NpgsqlCommand command, IReadOnlyList<SagaWrite> writes, DateTime stamp)
    {
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. writes.Select(x => x.Job.CorrelationId)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. writes.Select(x => x.ExpectedVersion)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = stamp });
    }

    static string LogArrays(int first) =>
        $"${first}::bigint[], ${first + 1}::uuid[], ${first + 2}::int[], ${first + 3}::timestamptz[], ${first + 4}::text[], ${first + 5}::text[], ${first + 6}::int[], ${first + 7}::text[]";

    static void AddLogs(NpgsqlCommand command, IReadOnlyList<SagaWrite> writes)
    {
        var lines = writes.SelectMany((write, i) => write.Job.NewLogs.Select(line => (Ord: i + 1L, write.Job.CorrelationId, Line: line))).ToList();
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. lines.Select(x => x.Ord)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. lines.Select(x => x.CorrelationId)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. lines.Select(x => x.Line.Attempt)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. lines.Select(x => UnixTime.WholeMicroseconds(x.Line.At))] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. lines.Select(x => x.Line.Level)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. lines.Select(x => x.Line.Message)] });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. lines.Select(x => x.Line.Line)] });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. lines.Select(x => x.Line.Fields)] });
    }

    static bool[] Written(int count, object? ordinals)
    {
        var written = new bool[count];
        foreach (var ordinal in ordinals as long[] ?? [])
        {
            written[ordinal - 1] = true;
        }

        return written;
    }
}
