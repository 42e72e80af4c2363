namespace JobSystem.Surface.Tests;

/// <summary>The canonical surface: <c>/api/v1</c>.</summary>
static class CanonicalRows
{
    const string Job = """
        {"id":"job-123","task_name":"process_data","args":[],"kwargs":{"*":null},"queue_name":"default","priority":"normal","status":"completed",
         "scheduled_at":"2023-06-15T10:00:00Z","created_at":"2023-06-15T09:55:00Z","started_at":"2023-06-15T10:00:05Z","completed_at":"2023-06-15T10:00:10Z",
         "result":{"*":null},"error":null,"retry_count":0,"max_retries":3,"retry_delay":60,"tags":["data","processing"],"metadata":{"*":null},"worker_id":"worker-1",
         "timeout":300,"version":"1.0","duration":5.0}
        """;

    const string Schedule = """
        {"id":"schedule-123","name":"Daily Report","task_name":"generate_report","status":"active","cron_expression":"0 0 * * *","interval":null,"args":["daily"],
         "kwargs":{"*":null},"queue_name":"reports","priority":"normal","tags":["report","daily"],"metadata":{"*":null},"max_retries":3,"retry_delay":60,"timeout":600,
         "last_run_at":"2023-06-14T00:00:00Z","next_run_at":"2023-06-15T00:00:00Z","created_at":"2023-06-01T10:00:00Z","updated_at":"2023-06-01T10:00:00Z","version":"1.0"}
        """;

    const string Info = """{"name":"process_data","description":"Process data","is_async":true,"timeout":300,"max_retries":3,"retry_delay":60,"queue":"default","version":"1.0"}""";

    static string Page(string item) => $$"""{"items":[{{item}}],"total":42,"page":1,"page_size":10,"pages":5}""";

    public static IEnumerable<Row> All =>
    [
        new("GET /api/v1/jobs", null, 200, Page(Job)),
        new("GET /api/v1/jobs?queue_name=default&status=completed&status=failed&priority=normal&limit=10&offset=0&order_by=created_at&order_dir=desc", null, 200, Page(Job), "page_size=10"),
        new("GET /api/v1/jobs/{completed}", null, 200, Job, "status=completed", "version=1.0", "metadata.source=api"),
        new("POST /api/v1/jobs", """
            {"task_name":"process_data","args":[42,"test"],"kwargs":{"format":"json"},"queue_name":"default","priority":"normal","scheduled_at":"2023-06-15T10:00:00Z",
             "max_retries":3,"retry_delay":60,"timeout":300,"tags":["data","processing"],"metadata":{"source":"api"},"version":"1.0","job_id":"custom-job-id"}
            """, 201, Job, "id=custom-job-id", "status=pending", "scheduled_at=2023-06-15T10:00:00Z", "retry_delay=60"),
        new("POST /api/v1/jobs", """{"task_name":"process_data"}""", 201, Job, "queue_name=default", "priority=normal", "max_retries=3", "retry_delay=60", "timeout=300", "retry_count=0"),
        new("POST /api/v1/jobs/{pending}/cancel", """{"reason":"User-initiated cancellation"}""", 200, Job, "status=cancelled", "cancel_reason=User-initiated cancellation"),
        new("POST /api/v1/jobs/{failed}/retry", null, 200, Job, "retry_count=0"),
        new("POST /api/v1/jobs/run-sync", """
            {"task_name":"echo","args":[42,"test"],"kwargs":{"format":"json"},"queue_name":"default","priority":"normal","timeout":300,"metadata":{"source":"api"},"version":"1.0"}
            """, 200, """{"args":[],"kwargs":{"format":"json"}}""", "kwargs.format=json"),
        new("GET /api/v1/jobs/stats", null, 200, """
            {"total_jobs":100,"pending_jobs":10,"running_jobs":5,"completed_jobs":75,"failed_jobs":8,"cancelled_jobs":2,"avg_wait_time":2.5,"avg_run_time":10.2,
             "by_queue":{"*":{"total_jobs":80,"pending_jobs":8}},"by_priority":{"critical":5,"high":15,"normal":70,"low":10}}
            """),
        new("GET /api/v1/schedules?status=active&limit=100&offset=0", null, 200, Page(Schedule)),
        new("GET /api/v1/schedules/{schedule}", null, 200, Schedule, "status=active", "cron_expression=0 0 * * *"),
        new("POST /api/v1/schedules", """
            {"name":"Daily Report","task_name":"generate_report","cron_expression":"0 0 * * *","args":["daily"],"kwargs":{"format":"pdf"},"queue_name":"reports","priority":"normal",
             "tags":["report","daily"],"metadata":{"department":"accounting"},"max_retries":3,"retry_delay":60,"timeout":600,"version":"1.0"}
            """, 201, Schedule, "status=active", "queue_name=reports"),
        new("POST /api/v1/schedules", """
            {"name":"Hourly Check","task_name":"check_status","interval":{"hours":1,"minutes":0,"seconds":0,"days":0},"args":[],"kwargs":{},"queue_name":"default","priority":"low",
             "tags":["monitoring"],"metadata":{},"max_retries":1,"retry_delay":30,"version":"1.0"}
            """, 201, Schedule, "interval.hours=1", "priority=low"),
        new("PUT /api/v1/schedules/{schedule}", """
            {"name":"Updated Daily Report","cron_expression":"0 1 * * *","args":["daily"],"kwargs":{"format":"excel"},"priority":"high","tags":["report","daily","important"],"max_retries":5,"status":"active"}
            """, 200, Schedule, "name=Updated Daily Report", "priority=high", "max_retries=5", "task_name=echo"),
        new("DELETE /api/v1/schedules/{schedule}", null, 204, null),
        new("POST /api/v1/schedules/{schedule}/pause", null, 200, Schedule, "status=paused"),
        new("POST /api/v1/schedules/{schedule}/resume", null, 200, Schedule, "status=active"),
        new("GET /api/v1/queues", null, 200, """{"items":[{"name":"default","size":10,"is_paused":false}],"total":2}"""),
        new("POST /api/v1/queues/{queue}/pause", null, 204, null),
        new("POST /api/v1/queues/default/resume", null, 204, null),
        new("POST /api/v1/queues/{queue}/clear", null, 204, null),
        new("GET /api/v1/tasks", null, 200, $$"""{"items":[{{Info}}],"total":2}"""),
        new("GET /api/v1/tasks/{task}", null, 200, Info, "name=process_data"),
        new("GET /api/v1/tasks/{task}?version=1.0", null, 200, Info, "version=1.0"),
        new("POST /api/v1/jobs", """{"task_name":"no_such_task"}""", 400, """{"detail":"Failed to create job: Task not found"}""", "detail=Failed to create job: Task not found: no_such_task"),
        new("GET /api/v1/jobs/no-such-job", null, 404, """{"detail":"Job not found"}""", "detail=Job not found: no-such-job"),
    ];
}
