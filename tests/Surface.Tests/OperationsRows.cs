namespace JobSystem.Surface.Tests;

/// <summary>The operations surface: <c>/jobs</c>, <c>/workers</c>, <c>/schedules</c>.</summary>
static class OperationsRows
{
    const string Job = """
        {"id":"e3b0","queue_name":"default","status":"COMPLETED","task_name":"send_email","priority":"HIGH","created_at":"2025-04-12T10:00:00","updated_at":"2025-04-12T10:00:05",
         "started_at":"2025-04-12T10:00:02","completed_at":"2025-04-12T10:00:05","retries":0,"max_retries":3,"is_scheduled":false,"result":{"*":null},"error":null,
         "metadata":{"*":null},"tags":["user","email","onboarding"]}
        """;

    const string Queue = """{"name":"default","length":5,"jobs_by_status":[{"status":"PENDING","count":5}]}""";

    const string Worker = """
        {"name":"AsyncWorker-1","status":"running","queue_names":["default","emails"],"current_job_id":"e3b0","jobs_processed":45,"is_healthy":true,"details":{"concurrency":5,"uptime_seconds":3600}}
        """;

    const string Schedule = """
        {"id":"e3b0","name":"daily_report","task_name":"generate_report","queue_name":"reports","schedule_type":"cron","next_run_at":"2025-04-13T00:00:00","last_run_at":"2025-04-12T00:00:00",
         "enabled":true,"created_at":"2025-04-01T00:00:00","updated_at":"2025-04-12T00:00:05"}
        """;

    const string Changed = """{"success":true,"job_id":"e3b0","status":"cancelled"}""";
    const string Steered = """{"success":true,"queue_name":"default","status":"paused"}""";
    const string Switched = """{"success":true,"schedule_id":"e3b0","status":"enabled"}""";

    public static IEnumerable<Row> All =>
    [
        new("GET /jobs/info", null, 200, """{"worker_count":4,"queue_count":3,"schedule_count":5,"total_jobs":127,"health_status":"healthy"}""", "worker_count=1"),
        new("GET /jobs/health", null, 200, """{"status":"healthy","message":"Job system is healthy","checks":{"worker_standalone":{"status":"healthy","message":"Worker is healthy","details":{"jobs_processed":45,"uptime_seconds":3600}},"scheduler":{"status":"healthy","message":"Scheduler is healthy","details":{}}},"timestamp":"2025-04-12T10:15:30.123456"}""", "checks.scheduler.message=Scheduler is healthy"),
        new("GET /jobs/metrics", null, 200, """{"metrics":{"jobsystem.queue_length":{"type":"gauge","values":[{"labels":{"queue":"default","status":"pending"},"value":12}]},"jobsystem.job_enqueued":{"type":"counter","values":[{"labels":{"queue":"default","task":"email","priority":"HIGH"},"value":56}]}},"timestamp":"2025-04-12T10:15:30.123456"}"""),
        new("GET /jobs/queues", null, 200, $"[{Queue}]"),
        new("GET /jobs/queues/{queue}", null, 200, Queue, "name=still"),
        new("POST /jobs/queues/{queue}/clear", null, 200, """{"success":true,"jobs_cleared":5,"queue_name":"default"}""", "success=true", "queue_name=still"),
        new("POST /jobs/queues/{queue}/pause", null, 200, Steered, "success=true", "status=paused"),
        new("POST /jobs/queues/default/resume", null, 200, Steered, "success=true", "status=resumed"),
        new("GET /jobs", null, 200, $"[{Job}]"),
        new("GET /jobs?status=COMPLETED&queue_name=default&limit=5&offset=0", null, 200, $"[{Job}]"),
        new("GET /jobs/{completed}", null, 200, Job, "status=COMPLETED", "priority=NORMAL", "is_scheduled=false"),
        new("POST /jobs", """
            {"task_name":"send_email","args":["user@example.com"],"kwargs":{"subject":"Welcome","template":"welcome_email"},"queue_name":"emails","priority":"HIGH",
             "scheduled_at":"2025-04-12T12:00:00","max_retries":3,"retry_delay_seconds":60,"timeout_seconds":30,"metadata":{"user_id":"123","email_type":"welcome"},"tags":["user","email","onboarding"]}
            """, 201, """{"success":true,"job_id":"e3b0"}""", "success=true"),
        new("POST /jobs/{pending}/cancel", null, 200, Changed, "success=true", "status=cancelled"),
        new("POST /jobs/{failed}/retry", null, 200, Changed, "success=true"),
        new("GET /workers", null, 200, $"[{Worker}]"),
        new("GET /workers/{worker}", null, 200, Worker, "name=standalone", "is_healthy=true", "details.concurrency=8"),
        new("GET /schedules", null, 200, $"[{Schedule}]"),
        new("GET /schedules/{schedule}", null, 200, Schedule, "schedule_type=cron", "enabled=true", "schedule_params.expression=0 0 * * *"),
        new("POST /schedules", """
            {"name":"daily_report","task_name":"generate_report","schedule_type":"cron","schedule_params":{"expression":"0 0 * * *"},"args":["daily"],"kwargs":{"format":"pdf"},
             "queue_name":"reports","priority":"NORMAL","max_retries":3,"retry_delay_seconds":300,"timeout_seconds":600,"metadata":{"report_type":"daily"},"enabled":true}
            """, 201, """{"success":true,"schedule_id":"e3b0"}""", "success=true"),
        new("POST /schedules", """{"name":"often","task_name":"echo","schedule_type":"interval","schedule_params":{"hours":1},"enabled":false}""", 201, """{"success":true,"schedule_id":"e3b0"}"""),
        new("POST /schedules", """{"name":"later","task_name":"echo","schedule_type":"once","schedule_params":{"run_at":"2035-01-01T00:00:00"}}""", 201, """{"success":true,"schedule_id":"e3b0"}"""),
        new("POST /schedules/{schedule}/enable", null, 200, Switched, "success=true", "status=enabled"),
        new("POST /schedules/{schedule}/disable", null, 200, Switched, "success=true", "status=disabled"),
        new("DELETE /schedules/{schedule}", null, 200, """{"success":true,"schedule_id":"e3b0"}""", "success=true"),
        new("POST /jobs", """{"task_name":"echo","priority":"URGENT"}""", 400, """{"errors":{"priority":["expected"]}}"""),
        new("POST /jobs", """{"task_name":"echo","retry_delay_seconds":-1}""", 400, """{"errors":{"retry_delay_seconds":["expected"]}}"""),
        new("POST /schedules", """{"name":"x","task_name":"echo","schedule_type":"cron","schedule_params":{"expression":"61 * * * *"}}""", 400, """{"errors":{"schedule_params.expression":["minute"]}}"""),
        new("GET /workers/nobody", null, 404, """{"detail":"Worker not found"}""", "code=worker_not_found"),
    ];
}
