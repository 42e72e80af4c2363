using System.Text;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Http.Jobs;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Tests.Jobs;

public sealed class JobViewTests
{
    static readonly DateTimeOffset created = new(2031, 5, 6, 9, 0, 0, 123, 456, TimeSpan.FromHours(2));

    [Fact]
    public void Write_NewJob_ShowsEveryMember() => Assert.Equal(
        """
        {
          "id": "0195d3a5-7e43-7b57-8d3a-0123456789ab",
          "task_name": "echo",
          "args": [],
          "kwargs": {},
          "queue_name": "default",
          "priority": "normal",
          "status": "pending",
          "scheduled_at": null,
          "created_at": "2031-05-06T07:00:00.123456Z",
          "started_at": null,
          "completed_at": null,
          "result": null,
          "error": null,
          "retry_count": 0,
          "max_retries": 3,
          "retry_delay": 60,
          "tags": [],
          "metadata": {},
          "worker_id": null,
          "timeout": 300,
          "version": null,
          "duration": null,
          "title": null,
          "description": null,
          "owner": "admin",
          "attempt": 0,
          "progress": 0,
          "progress_message": null,
          "idempotency_key": null,
          "expires_at": null,
          "cancel_requested_at": null,
          "cancel_reason": null,
          "parent_id": null,
          "schedule_id": null,
          "broadcast": false,
          "pinned_to": null,
          "updated_at": "2031-05-06T07:00:00.123456Z",
          "events_url": "/api/v1/jobs/0195d3a5-7e43-7b57-8d3a-0123456789ab/events"
        }
        """, Indented(NewJob()));

    [Fact]
    public void Write_FailedJob_ShowsWhatWasStored() => Assert.Equal(
        """
        {
          "id": "order:1",
          "task_name": "echo",
          "args": [42, "två"],
          "kwargs": {"format": "json"},
          "queue_name": "reports",
          "priority": "critical",
          "status": "failed",
          "scheduled_at": "2031-05-06T07:00:05Z",
          "created_at": "2031-05-06T07:00:00.123456Z",
          "started_at": "2031-05-06T07:00:10.123456Z",
          "completed_at": "2031-05-06T07:00:15.123456Z",
          "result": {"processed": 42},
          "error": {
            "type": "SmtpException",
            "message": "refused",
            "stack": null,
            "attempt": 2,
            "at": "2031-05-06T07:00:00.123456Z"
          },
          "retry_count": 1,
          "max_retries": 1,
          "retry_delay": 0.5,
          "tags": [
            "a",
            "b"
          ],
          "metadata": {"source": "api"},
          "worker_id": "w-1",
          "timeout": 2.5,
          "version": "1.0",
          "duration": 5,
          "title": "Title",
          "description": "<b>\"Text\"</b>",
          "owner": "admin",
          "attempt": 2,
          "progress": 12.5,
          "progress_message": "rendered",
          "idempotency_key": "key",
          "expires_at": "2031-05-06T08:00:00.123456Z",
          "cancel_requested_at": "2031-05-06T07:00:01.123456Z",
          "cancel_reason": "why not",
          "parent_id": "0195d3a5-7e43-7b57-8d3a-0123456789ab",
          "schedule_id": "nightly",
          "broadcast": false,
          "pinned_to": null,
          "updated_at": "2031-05-06T07:00:00.123456Z",
          "events_url": "/api/v1/jobs/order:1/events"
        }
        """, Indented(FailedJob()));

    static JobState NewJob() => new()
    {
        CorrelationId = Guid.Parse("0195d3a5-7e43-7b57-8d3a-0123456789ab"),
        TaskName = "echo",
        QueueName = "default",
        Owner = "admin",
        CreatedAt = created,
        UpdatedAt = created,
        MaxRetries = 3,
        RetryDelay = 60,
        TimeoutSeconds = 300,
    };

    static JobState FailedJob() => new()
    {
        CorrelationId = JobIds.Resolve("order:1").Id,
        Key = "order:1",
        CurrentState = JobStatus.Failed,
        TaskName = "echo",
        TaskVersion = "1.0",
        QueueName = "reports",
        Priority = 4,
        Owner = "admin",
        Args = """[42, "två"]""",
        Kwargs = """{"format": "json"}""",
        Metadata = """{"source": "api"}""",
        Tags = ["a", "b"],
        Title = "Title",
        Description = "<b>\"Text\"</b>",
        CreatedAt = created,
        UpdatedAt = created,
        ScheduledAt = new(2031, 5, 6, 7, 0, 5, TimeSpan.Zero),
        StartedAt = created.AddSeconds(10),
        CompletedAt = created.AddSeconds(15),
        MaxRetries = 1,
        RetryCount = 1,
        RetryDelay = 0.5,
        TimeoutSeconds = 2.5,
        Attempt = 2,
        WorkerId = "w-1",
        Progress = 12.5,
        ProgressMessage = "rendered",
        IdempotencyKey = "key",
        ExpiresAt = created.AddHours(1),
        CancelRequestedAt = created.AddSeconds(1),
        CancelReason = "why not",
        ParentId = Guid.Parse("0195d3a5-7e43-7b57-8d3a-0123456789ab"),
        ScheduleId = "nightly",
        Result = """{"processed": 42}""",
        Error = JsonSerializer.Serialize(new AttemptError { Type = "SmtpException", Message = "refused", Attempt = 2, At = created }),
    };

    static string Indented(JobState job)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, JsonText.Writer with { Indented = true, NewLine = "\n" }))
        {
            JobView.Write(json, job);
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
