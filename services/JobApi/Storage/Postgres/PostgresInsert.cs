using JobSystem.JobApi.Model;
using Npgsql;

namespace JobSystem.JobApi.Storage.Postgres;

/// <summary>
/// Inserts a batch of submissions with one statement. Jobs without an id or key of the caller's own cannot collide and are simply
/// inserted. Otherwise the statement looks for what is taken and leaves out the submissions concerned; two instances that insert the same
/// key at the same moment make one of the statements fail, and the next try sees what was in its way.
/// </summary>
static class PostgresInsert
{
    /// <summary>Maximum number of retries after conflicts with concurrent inserts.</summary>
    const int Tries = 20;

    /// <summary>The guarded statement has the submissions' numbers before the columns, of which the id is the first.</summary>
    const int FirstColumn = 2;

    /// <summary>Where a batch is inserted.</summary>
    internal static readonly string Target =
        $"insert into jobs (version, state, attempt, retry_count, lost_count, lost_attempt, progress, updated_at, {string.Join(", ", JobColumn.Kept.Select(x => x.Name))})";

    /// <summary>What is inserted of <c>i</c>, which has the columns of <see cref="JobColumn.Inserted"/>.</summary>
    internal static readonly string Values =
        $"select 1, 'pending', 0, 0, 0, 0, 0, i.created_at, {string.Join(", ", JobColumn.Kept.Select(x => x is JobColumn.Tags ? $"i.{x.Name}::text[]" : $"i.{x.Name}"))}";

    const string Note = "insert into rollup_inbox (lines) select string_agg(counted, E'\\n')";

    static readonly string plain = $"with i as (select * from {PostgresColumns.Unnest("i", JobColumn.Inserted, 1)}), noted as ({Note} from i having count(counted) > 0) {Target} {Values} from i";

    static readonly string guarded = $$"""
        with i as (select * from {{PostgresColumns.Unnest("i", JobColumn.Inserted, FirstColumn, ("$1::int[]", "submission"))}}),
        taken as (
            select i.submission, i.ord, j.id, false as same_key, j.id = i.id and j.created_at = i.created_at as own
            from i join jobs j on j.id = i.id where j.id = any(${{FirstColumn}})
            union all
            select i.submission, i.ord, j.id, true, j.id = i.id and j.created_at = i.created_at
            from i join jobs j on j.owner = i.owner and j.idempotency_key = i.idempotency_key
            where j.owner = any(${{Number("owner")}}) and j.idempotency_key = any(${{Number("idempotency_key")}})),
        inserted as ({{Target}} {{Values}} from i where i.submission not in (select submission from taken) order by i.id),
        noted as ({{Note}} from i where i.submission not in (select submission from taken) having count(counted) > 0)
        select submission, ord, id, same_key from taken where not own order by ord, same_key desc
        """;

    public static async Task<IReadOnlyList<InsertResult>> Run(
        NpgsqlDataSource source, IReadOnlyList<Submission> submissions, bool again, CancellationToken cancellationToken)
    {
        if (!again && !submissions.Any(x => x.Jobs.Any(MayCollide)))
        {
            try
            {
                await InsertPlain(source, [.. submissions.SelectMany(x => x.Jobs)], cancellationToken);
                return [.. submissions.Select(_ => InsertResult.Done)];
            }
            catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // The same submission once more, after an answer that was lost
            }
        }

        return await InsertWaves.Run(submissions, wave => InsertGuarded(source, wave, cancellationToken));
    }

    static int Number(string column) => FirstColumn + JobColumn.Inserted.Select(x => x.Name).ToList().IndexOf(column);

    static bool MayCollide(JobState job) => job.Key is not null || job.IdempotencyKey is not null;

    static async Task InsertPlain(NpgsqlDataSource source, JobState[] jobs, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(plain);
        AddColumns(command, jobs);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static async Task<InsertResult[]> InsertGuarded(NpgsqlDataSource source, IReadOnlyList<Submission> submissions, CancellationToken cancellationToken)
    {
        for (var left = Tries; ; left--)
        {
            try
            {
                return await TryInsert(source, submissions, cancellationToken);
            }
            catch (PostgresException lost) when (left > 0 && lost.SqlState is PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected)
            {
                // Another instance was faster with one of the ids or keys
            }
        }
    }

    static async Task<InsertResult[]> TryInsert(NpgsqlDataSource source, IReadOnlyList<Submission> submissions, CancellationToken cancellationToken)
    {
        var conflicts = new List<InsertConflict>?[submissions.Count];
        var before = Before(submissions);
        await using var command = source.CreateCommand(guarded);
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = [.. submissions.SelectMany((x, n) => Enumerable.Repeat(n, x.Jobs.Count))] });
        AddColumns(command, [.. submissions.SelectMany(x => x.Jobs)]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var n = reader.GetInt32(0);
            var index = (int)reader.GetInt64(1) - 1 - before[n];
            var known = conflicts[n] ??= [];
            // If both key and id are taken, the conflict of the key is reported
            if (known.Count == 0 || known[^1].Index != index)
            {
                known.Add(new(index, reader.GetGuid(2), reader.GetBoolean(3)));
            }
        }

        return [.. conflicts.Select(x => x is null ? InsertResult.Done : new(x))];
    }

    /// <summary>How many jobs come before each submission.</summary>
    static int[] Before(IReadOnlyList<Submission> submissions)
    {
        var before = new int[submissions.Count];
        for (var n = 1; n < before.Length; n++)
        {
            before[n] = before[n - 1] + submissions[n - 1].Jobs.Count;
        }
        return before;
    }

    internal static void AddColumns(NpgsqlCommand command, JobState[] jobs)
    {
        foreach (var column in JobColumn.Inserted)
        {
            command.Parameters.Add(PostgresColumns.Parameter(column, jobs));
        }
    }
}
