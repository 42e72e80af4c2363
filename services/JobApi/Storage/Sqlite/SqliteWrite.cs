using System.Text.RegularExpressions;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Rollups;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>Writes decisions inside the writer's transaction, row by row with one prepared statement.</summary>
static partial class SqliteWrite
{
    static readonly string assignments = string.Join(", ", JobColumn.Assignable.Select(x => $"{x.Name} = {Here(JobColumn.Assigned(x))}"));

    static readonly string update = $"""
        update jobs set version = $expected + 1, updated_at = $now, {assignments},
            history = case when $steps is null then history else coalesce(history, '') || $steps end
        where id = $id and version = $expected
        returning length(history)
        """;

    static readonly JobColumn[] columns = [.. JobColumn.Written.Where(x => x.Name is not "counted")];

    static readonly string[] names = [.. columns.Select(x => $"${x.Name}")];

    /// <param name="file">The file.</param>
    /// <param name="writes">The decisions.</param>
    /// <param name="now">When they are written.</param>
    /// <param name="inserted">What was inserted of the follow-up jobs of each row that has any.</param>
    public static IReadOnlyList<bool> Run(SqliteFile file, IReadOnlyList<SagaWrite> writes, object now, out Dictionary<JobState, List<JobState>>? inserted)
    {
        bool[] written = [.. writes.Select(x => Write(file, x, now))];
        AddToRollups(file, writes.Where((_, n) => written[n]).Select(x => x.Job));
        inserted = null;
        for (var n = 0; n < written.Length; n++)
        {
            if (written[n] && writes[n].Job is { FollowUps.Count: > 0 } job)
            {
                var followUps = (inserted ??= [])[job] = SqliteInsert.InsertNew(file, job.FollowUps);
                AddToRollups(file, followUps);
            }
        }
        return written;
    }

    /// <summary>Puts what the jobs' new steps add to the rollups into the inbox.</summary>
    public static void AddToRollups(SqliteFile file, IEnumerable<JobState> jobs)
    {
        if (string.Join('\n', jobs.Select(RollupLines.From).OfType<string>()) is { Length: > 0 } lines)
        {
            file.Execute("insert into rollup_inbox (lines) values ($lines)", ("$lines", lines));
        }
    }

    static bool Write(SqliteFile file, SagaWrite write, object now)
    {
        var job = write.Job;
        (string, object)[] parameters =
        [
            ("$id", SqliteFormat.Value(job.CorrelationId)), ("$expected", write.ExpectedVersion), ("$now", now),
            .. columns.Select((column, n) => (names[n], SqliteFormat.Value(column, job))),
        ];
        if (file.Query(update, parameters, x => x.IsDBNull(0) ? 0 : x.GetInt64(0)) is not [var length])
        {
            return false;
        }
        if (length > JobHistory.MaxLength)
        {
            Shorten(file, job);
        }
        foreach (var line in job.NewLogs)
        {
            file.Execute("insert into job_logs (job_id, attempt, at, level, message, line, fields) values ($id, $attempt, $at, $level, $message, $line, $fields)",
                ("$id", SqliteFormat.Value(job.CorrelationId)), ("$attempt", line.Attempt), ("$at", SqliteFormat.Value(line.At)), ("$level", line.Level), ("$message", line.Message),
                ("$line", line.Line), ("$fields", line.Fields ?? (object)DBNull.Value));
        }
        return true;
    }

    /// <summary>Makes the oldest lines of a history that is too long way for the newest.</summary>
    public static void Shorten(SqliteFile file, JobState job)
    {
        var id = SqliteFormat.Value(job.CorrelationId);
        var history = file.Query("select history from jobs where id = $id", [("$id", id)], x => x.GetString(0))[0];
        var added = JobHistory.Lines(job.NewSteps, job.Version);
        file.Execute("update jobs set history = $history where id = $id",
            ("$history", JobHistory.Append(history[..^(added?.Length ?? 0)], added)!), ("$id", id));
    }

    /// <summary>In SQLite, the stored row needs no alias and decided values are parameters.</summary>
    static string Here(string expression) => Decided().Replace(Stored().Replace(expression, ""), "$");

    [GeneratedRegex(@"\bi\.")]
    private static partial Regex Decided();

    [GeneratedRegex(@"\bj\.")]
    private static partial Regex Stored();
}
