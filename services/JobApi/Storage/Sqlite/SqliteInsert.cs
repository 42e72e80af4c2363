using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage.Sqlite;

/// <summary>Inserts submissions inside the writer's transaction; one whose id or key is taken leaves nothing behind.</summary>
static class SqliteInsert
{
    static readonly string insert =
        $"insert into jobs (version, state, attempt, retry_count, lost_count, lost_attempt, progress, updated_at, {string.Join(", ", JobColumn.Kept.Select(x => x.Name))}) " +
        $"values (1, 'pending', 0, 0, 0, 0, 0, $created_at, {string.Join(", ", JobColumn.Kept.Select(x => $"${x.Name}"))})";

    static readonly string insertNew = $"{insert} on conflict do nothing";

    static readonly string[] names = [.. JobColumn.Kept.Select(x => $"${x.Name}")];

    public static IReadOnlyList<InsertResult> Run(SqliteFile file, IReadOnlyList<Submission> submissions)
    {
        InsertResult[] results = [.. submissions.Select(x => Insert(file, x))];
        SqliteWrite.AddToRollups(file, submissions.Where((_, n) => results[n].Conflict is null).SelectMany(x => x.Jobs));
        return results;
    }

    static InsertResult Insert(SqliteFile file, Submission submission)
    {
        var severalOrNone = submission.Jobs.Count > 1;
        if (severalOrNone)
        {
            file.Execute("savepoint submission");
        }
        var conflicts = InsertAll(file, submission.Jobs);
        if (severalOrNone)
        {
            if (conflicts.Count > 0)
            {
                file.Execute("rollback to submission");
            }
            file.Execute("release submission");
        }
        return conflicts.Count == 0 ? InsertResult.Done : new(conflicts);
    }

    /// <summary>Checks all jobs, so that all conflicts are reported together.</summary>
    static List<InsertConflict> InsertAll(SqliteFile file, IReadOnlyList<JobState> jobs)
    {
        var conflicts = new List<InsertConflict>();
        for (var i = 0; i < jobs.Count; i++)
        {
            if (Taken(file, jobs[i], i) is { } conflict)
            {
                conflicts.Add(conflict);
            }
            else
            {
                file.Execute(insert, Values(jobs[i]));
            }
        }
        return conflicts;
    }

    /// <summary>Inserts those whose id and idempotency key are not taken, and returns them.</summary>
    public static List<JobState> InsertNew(SqliteFile file, IReadOnlyList<JobState> jobs) => [.. jobs.Where(job => file.Execute(insertNew, Values(job)) == 1)];

    static (string, object)[] Values(JobState job) => [.. JobColumn.Kept.Select((column, n) => (names[n], SqliteFormat.Value(column, job)))];

    static InsertConflict? Taken(SqliteFile file, JobState job, int index)
    {
        if (job.IdempotencyKey is not null &&
            file.Query("select id from jobs where owner = $owner and idempotency_key = $key", [("$owner", job.Owner), ("$key", job.IdempotencyKey)], x => SqliteFormat.Uuid(x, 0)) is [var first, ..])
        {
            return new(index, first, SameKey: true);
        }
        return file.Query("select id from jobs where id = $id", [("$id", SqliteFormat.Value(job.CorrelationId))], x => SqliteFormat.Uuid(x, 0)) is [var same, ..]
            ? new(index, same, SameKey: false)
            : null;
    }
}
