using System.Data.Common;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>
/// Besides claims the one change of state that the machine does not make job by job: a queue is emptied with statements that change thousands of rows. What
/// they write is what the machine's <c>Cancel</c> writes.
/// </summary>
static class QueueClearing
{
    /// <summary>In the order of <see cref="Read"/>.</summary>
    public const string Columns = "id, version, key, task_name, queue_name, priority, owner, attempt, worker_id, schedule_id, parent_id, created_at, scheduled_at";

    const int AttemptMark = 1_000_000_007;

    /// <summary>The line that goes into each history, before and after the number of the row's attempt.</summary>
    public static (string Before, string After) Line(DateTimeOffset at, string reason, string by)
    {
        var step = new JobEvent
        {
            JobId = "",
            Event = JobStatus.Cancelled,
            At = at,
            Attempt = AttemptMark,
            TaskName = "",
            QueueName = "",
            Priority = "",
            Owner = "",
            Details = Details(reason, by),
        };
        var line = JobHistory.Lines([step], version: null)!.Split(AttemptMark.ToString(System.Globalization.CultureInfo.InvariantCulture), 2);
        return (line[0], line[1]);
    }

    public static JobState Read<TFormat>(DbDataReader row, DateTimeOffset at, string reason, string by) where TFormat : struct, IRowFormat
    {
        var job = new JobState
        {
            CorrelationId = TFormat.Uuid(row, 0),
            Version = row.GetInt32(1),
            CurrentState = JobStatus.Cancelled,
            Outcome = JobStatus.Cancelled,
            Key = row.IsDBNull(2) ? null : row.GetString(2),
            TaskName = row.GetString(3),
            QueueName = row.GetString(4),
            Priority = (byte)row.GetInt16(5),
            Owner = row.GetString(6),
            Attempt = row.GetInt32(7),
            WorkerId = row.IsDBNull(8) ? null : row.GetString(8),
            ScheduleId = row.IsDBNull(9) ? null : row.GetString(9),
            ParentId = row.IsDBNull(10) ? null : TFormat.Uuid(row, 10),
            CreatedAt = TFormat.Time(row, 11),
            ScheduledAt = row.IsDBNull(12) ? null : TFormat.Time(row, 12),
            CompletedAt = at,
        };
        job.NewSteps.Add(job.ToEvent(JobStatus.Cancelled, at, Details(reason, by)));
        return job;
    }

    static JsonElement Details(string reason, string by) => JsonSerializer.SerializeToElement(new { reason, by });
}
