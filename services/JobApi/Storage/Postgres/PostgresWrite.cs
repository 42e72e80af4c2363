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
    const int LogColumns = 8;
    static readonly int firstOfLogs = FirstColumn + JobColumn.Written.Count;
    static readonly int firstOfFollowUps = firstOfLogs + LogColumns;

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
            returning i.ord, i.counted)
        """;

    const string NoteRows = "noted as (insert into rollup_inbox (lines) select string_agg(counted, E'\\n') from written having count(counted) > 0)";

    static readonly string logRows = $"""
        logged as (
            insert into job_logs (job_id, attempt, at, level, message, line, fields)
            select l.job_id, l.attempt, l.at, l.level, l.message, l.line, l.fields
            from unnest({LogArrays(firstOfLogs)}) with ordinality as l(ord, job_id, attempt, at, level, message, line, fields, n)
            where l.ord in (select ord from written)
            order by l.n)
        """;

    static readonly string withoutLogs = $"{update}, {NoteRows} select array_agg(ord) from written";

    static readonly string withLogs = $"{update}, {NoteRows}, {logRows} select array_agg(ord) from written";

    /// <summary>
    /// Follow-up jobs are inserted by the same statement, so that no lock is held over a round trip. One whose id or key is taken, perhaps by another instance
    /// at this moment, is passed over.
    /// </summary>
    static readonly string withFollowUps = $$"""
        {{update}}, {{logRows}},
        followers as (select * from {{PostgresColumns.Unnest("f", JobColumn.Inserted, firstOfFollowUps + 1, ($"${firstOfFollowUps}::bigint[]", "write"))}}),
        inserted as (
            {{PostgresInsert.Target}} {{PostgresInsert.Values}} from followers i where i.write in (select ord from written) order by i.id
            on conflict do nothing returning id, parent_id),
        own as (select f.ord, f.counted from followers f join inserted n on n.id = f.id and n.parent_id = f.parent_id),
        noted as (
            insert into rollup_inbox (lines) select string_agg(a.counted, E'\n') from (select counted from written union all select counted from own) a
            having count(a.counted) > 0)
        select (select array_agg(ord) from written), (select array_agg(ord) from own)
        """;

    const string OwnWrites = """
        select array_agg(i.ord) from unnest($1::uuid[], $2::int[]) with ordinality as i(id, expected, ord)
        join jobs j on j.id = i.id and j.version = i.expected + 1 and j.updated_at = $3
        """;

    const string OwnFollowUps = """
        select array_agg(f.ord) from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) with ordinality as f(id, parent_id, created_at, ord)
        join jobs j on j.id = f.id and j.parent_id = f.parent_id and j.created_at = f.created_at
        """;

    public static async Task<bool[]> Run(NpgsqlDataSource source, IReadOnlyList<SagaWrite> writes, DateTime stamp, bool again, CancellationToken cancellationToken)
    {
        var followers = Followers(writes);
        bool[] written, inserted = [];
        await using (var command = source.CreateCommand())
        {
            if (followers is null)
            {
                written = await Run(command, writes, stamp, cancellationToken);
            }
            else
            {
                (written, inserted) = await Run(command, writes, followers, stamp, cancellationToken);
            }
        }

        if (again && Array.IndexOf(written, false) >= 0)
        {
            var own = await Own(source, writes, stamp, cancellationToken);
            written = [.. written.Select((x, n) => x || own[n])];
            inserted = followers is null ? inserted : await Own(source, followers, cancellationToken);
        }

        if (followers is not null)
        {
            KeepInserted(writes, followers, inserted);
        }
        return written;
    }

    /// <summary>The first attempt may have been committed: rows with its stamp were inserted by it.</summary>
    static async Task<bool[]> Own(NpgsqlDataSource source, IReadOnlyList<SagaWrite> writes, DateTime stamp, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(OwnWrites);
        AddKeys(command, writes, stamp);
        return Marked(writes.Count, await command.ExecuteScalarAsync(cancellationToken));
    }

    /// <summary>Which follow-up jobs are there, by this attempt or the first.</summary>
    static async Task<bool[]> Own(NpgsqlDataSource source, List<(int Write, JobState Job)> followers, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(OwnFollowUps);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. followers.Select(x => x.Job.CorrelationId)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. followers.Select(x => x.Job.ParentId!.Value)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. followers.Select(x => UnixTime.WholeMicroseconds(x.Job.CreatedAt))] });
        return Marked(followers.Count, await command.ExecuteScalarAsync(cancellationToken));
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
        return Marked(writes.Count, await command.ExecuteScalarAsync(cancellationToken));
    }

    static async Task<(bool[] Written, bool[] Inserted)> Run(
        NpgsqlCommand command, IReadOnlyList<SagaWrite> writes, List<(int Write, JobState Job)> followers, DateTime stamp, CancellationToken cancellationToken)
    {
        command.CommandText = withFollowUps;
        AddRows(command, writes, stamp);
        AddLogs(command, writes);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. followers.Select(x => x.Write + 1L)] });
        PostgresInsert.AddColumns(command, [.. followers.Select(x => x.Job)]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (Marked(writes.Count, reader.GetValue(0)), Marked(followers.Count, reader.GetValue(1)));
    }

    /// <summary>Null if no row has any, which is almost always so.</summary>
    static List<(int Write, JobState Job)>? Followers(IReadOnlyList<SagaWrite> writes)
    {
        List<(int, JobState)>? found = null;
        for (var n = 0; n < writes.Count; n++)
        {
            if (writes[n].Job is { FollowUps.Count: > 0 } job)
            {
                (found ??= []).AddRange(job.FollowUps.Select(x => (n, x)));
            }
        }
        return found;
    }

    static void KeepInserted(IReadOnlyList<SagaWrite> writes, List<(int Write, JobState Job)> followers, bool[] inserted)
    {
        foreach (var ofRow in followers.Select((x, n) => (x.Write, x.Job, IsInserted: inserted[n])).GroupBy(x => x.Write))
        {
            writes[ofRow.Key].Job.FollowUps = [.. ofRow.Where(x => x.IsInserted).Select(x => x.Job)];
        }
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

    static bool[] Marked(int count, object? ordinals)
    {
        var marked = new bool[count];
        foreach (var ordinal in ordinals as long[] ?? [])
        {
            marked[ordinal - 1] = true;
        }

        return marked;
    }
}
