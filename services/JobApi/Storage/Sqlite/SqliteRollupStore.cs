using JobSystem.JobApi.Rollups;

namespace JobSystem.JobApi.Storage.Sqlite;

public sealed class SqliteRollupStore(SqliteJobStore store) : IRollupStore
{
    const string Add = """
        insert into rollups (step_seconds, at, queue_name, task_name, submitted, started, completed, failed, timed_out, retried, cancelled, expired, rescued, wait, run, total)
        values ($step, $at, $queue, $task, $submitted, $started, $completed, $failed, $timed_out, $retried, $cancelled, $expired, $rescued, $wait, $run, $total)
        on conflict (step_seconds, at, queue_name, task_name) do update set
            submitted = submitted + excluded.submitted, started = started + excluded.started, completed = completed + excluded.completed, failed = failed + excluded.failed,
            timed_out = timed_out + excluded.timed_out, retried = retried + excluded.retried, cancelled = cancelled + excluded.cancelled, expired = expired + excluded.expired,
            rescued = rescued + excluded.rescued, wait = excluded.wait, run = excluded.run, total = excluded.total
        """;

    const string AddTotal = """
        insert into job_totals (queue_name, task_name, priority, submitted, started, completed, failed, timed_out, retried, cancelled, expired, rescued)
        values ($queue, $task, $priority, $submitted, $started, $completed, $failed, $timed_out, $retried, $cancelled, $expired, $rescued)
        on conflict (queue_name, task_name, priority) do update set
            submitted = submitted + excluded.submitted, started = started + excluded.started, completed = completed + excluded.completed, failed = failed + excluded.failed,
            timed_out = timed_out + excluded.timed_out, retried = retried + excluded.retried, cancelled = cancelled + excluded.cancelled, expired = expired + excluded.expired,
            rescued = rescued + excluded.rescued
        """;

    readonly SqliteFile file = store.File;

    public async Task<int> Fold(int limit, CancellationToken cancellationToken)
    {
        // Read beside the writer, which is then not asked for when there is nothing
        if (file.Read("select 1 from rollup_inbox limit 1", [], x => x.GetInt32(0)).Count == 0)
        {
            return 0;
        }
        return await file.Write(x =>
        {
            var taken = x.Query("delete from rollup_inbox where id in (select id from rollup_inbox order by id limit $limit) returning lines", [("$limit", limit)], row => row.GetString(0));
            foreach (var sum in RollupLines.Sum(taken))
            {
                Write(x, sum);
            }
            foreach (var total in RollupLines.Totals(taken))
            {
                x.Execute(AddTotal,
                    ("$queue", total.QueueName), ("$task", total.TaskName), ("$priority", total.Priority), ("$submitted", total.Submitted), ("$started", total.Started),
                    ("$completed", total.Completed), ("$failed", total.Failed), ("$timed_out", total.TimedOut), ("$retried", total.Retried), ("$cancelled", total.Cancelled),
                    ("$expired", total.Expired), ("$rescued", total.Rescued));
            }
            return taken.Count;
        }, cancellationToken);
    }

    public Task Purge(DateTimeOffset minutesBefore, DateTimeOffset hoursBefore, CancellationToken cancellationToken) => file.Write(
        x => x.Execute("delete from rollups where (step_seconds = $minute and at < $minutes) or (step_seconds = $hour and at < $hours)",
            ("$minute", Rollup.Minute), ("$minutes", SqliteFormat.Value(minutesBefore)), ("$hour", Rollup.Hour), ("$hours", SqliteFormat.Value(hoursBefore))), cancellationToken);

    static void Write(SqliteFile file, RollupSum sum)
    {
        (string, object)[] key = [("$step", sum.StepSeconds), ("$at", SqliteFormat.Value(sum.At)), ("$queue", sum.QueueName), ("$task", sum.TaskName)];
        foreach (var (wait, run, total) in file.Query(
            "select wait, run, total from rollups where step_seconds = $step and at = $at and queue_name = $queue and task_name = $task", key,
            row => (Text(row, 0), Text(row, 1), Text(row, 2))))
        {
            sum.AddDurations(wait, run, total);
        }
        file.Execute(Add,
        [
            .. key, ("$submitted", sum.Submitted), ("$started", sum.Started), ("$completed", sum.Completed), ("$failed", sum.Failed), ("$timed_out", sum.TimedOut),
            ("$retried", sum.Retried), ("$cancelled", sum.Cancelled), ("$expired", sum.Expired), ("$rescued", sum.Rescued),
            ("$wait", sum.Wait.ToText() ?? (object)DBNull.Value), ("$run", sum.Run.ToText() ?? (object)DBNull.Value), ("$total", sum.Total.ToText() ?? (object)DBNull.Value),
        ]);
    }

    static string? Text(Microsoft.Data.Sqlite.SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
