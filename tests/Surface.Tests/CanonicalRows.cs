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

    const string Bulk = """{"matched":1,"skipped":0,"dry_run":false,"finished":true,"errors":[{"id":"a","code":"job_not_found","detail":"Job not found: a"}]}""";
    const string Queue = """{"name":"still","description":null,"size":10,"is_paused":true,"running":0,"scheduled":0,"oldest_age":1.5,"workers":1,"limits":{"max_concurrency":null,"rate_limit":null},"created_at":"2030-01-31T12:00:00Z"}""";
    const string Worker = """{"id":"w","name":"w","host":"h","version":"1","status":"running","is_healthy":true,"started_at":"2030-01-31T12:00:00Z","uptime":5,"queues":["default"],"slots":8,"running":0,"processed":1,"failed":0,"attempts":[{"job_id":"a","attempt":1}]}""";
    const string WorkerAnswer = """{"worker_id":"w","name":"w","command":"ping","success":true,"message":null,"status":"running","slots":8,"running":0,"round_trip_ms":1.5}""";
    const string Key = """{"id":"k","name":"example","owner":"example","permissions":["view_jobs"],"queues":[],"tasks":[],"prefix":"js_","created_at":"2030-01-31T12:00:00Z","created_by":"admin","expires_at":null,"last_used_at":null,"revoked_at":null}""";

    const string Happened = """ "submitted":42,"started":42,"completed":42,"failed":42,"timeout":0,"retried":0,"cancelled":42,"expired":0,"rescued":0,"wait":{"count":1,"mean":0.1,"p50":0.1,"p95":0.1,"p99":0.1},"run":{"count":1,"mean":0.1,"p50":0.1,"p95":0.1,"p99":0.1},"total":{"count":1,"mean":0.1,"p50":0.1,"p95":0.1,"p99":0.1}""";

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
        new("POST /api/v1/jobs/batch", """{"jobs":[{"task_name":"process_data"},{"task_name":"echo","kwargs":{"n":1}}]}""", 201, """{"ids":["a"]}"""),
        new("GET /api/v1/jobs/{completed}/events", null, 200, """{"items":[{"event":"created","at":"2030-01-31T12:00:00Z","attempt":1,"worker_id":"w","details":null}],"total":4,"truncated":false}""", "truncated=false"),
        new("GET /api/v1/jobs/{completed}/logs?attempt=1", null, 200, """{"items":[{"at":"2030-01-31T12:00:00Z","attempt":1,"level":"information","message":"m"}],"next_offset":null}"""),
        new("GET /api/v1/jobs/{pending}/explain", null, 200, """{"id":"a","status":"pending","queue_name":"still","code":"queue_paused","reason":"r","due_at":null,"position":5,"estimated_start":null,"worker_id":null}""", "code=queue_paused"),
        new("GET /api/v1/jobs/{completed}/wait?timeout=1", null, 200, Job, "status=completed"),
        new("GET /api/v1/jobs/{pending}/wait?timeout=0", null, 202, Job, "status=pending"),
        new("GET /api/v1/jobs/{completed}/stream", null, 200, null),
        new("GET /api/v1/events/stream?queue_name=default&event=completed", null, 200, null),
        new("POST /api/v1/jobs/{completed}/clone", """{"queue_name":"still","title":"Again"}""", 201, Job, "status=pending", "title=Again", "kwargs.format=json"),
        new("POST /api/v1/jobs/{pending}/force-complete", """{"result":{"done":true},"reason":"By hand"}""", 200, Job, "status=completed", "result.done=true"),
        new("DELETE /api/v1/jobs/{completed}", null, 204, null),
        new("POST /api/v1/jobs/cleanup", """{"days_old":365}""", 200, """{"deleted":0,"finished":true}""", "deleted=0"),
        new("POST /api/v1/jobs/bulk/cancel", """{"filter":{"queue_name":"still","status":["pending"]},"reason":"example"}""", 200, Bulk, "dry_run=false"),
        new("POST /api/v1/jobs/bulk/retry", """{"ids":["no-such-job"]}""", 200, Bulk, "retried=0"),
        new("POST /api/v1/jobs/bulk/delete", """{"all":true,"dry_run":true}""", 200, Bulk, "dry_run=true"),
        new("GET /api/v1/schedules/{schedule}/next?count=2", null, 200, """{"schedule_id":"s","status":"active","timezone":"UTC","items":[{"run_at":"2030-01-31T12:00:00Z","local_time":"x","note":null}],"total":2}""", "total=2"),
        new("GET /api/v1/schedules/preview?cron_expression=0%206%20*%20*%20MON-FRI&timezone=Europe/Berlin&count=2", null, 200, """{"timezone":"UTC","items":[{"run_at":"2030-01-31T12:00:00Z","local_time":"x","note":null}],"total":2}""", "total=2", "timezone=Europe/Berlin"),
        new("GET /api/v1/schedules/{schedule}/jobs", null, 200, """{"items":[],"total":0,"page":1,"page_size":100,"pages":0,"next_cursor":null}""", "total=0"),
        new("POST /api/v1/schedules/{schedule}/run", null, 202, """{"schedule_id":"s","job_id":"j","run_at":"2030-01-31T12:00:00Z","job_url":"u"}"""),
        new("POST /api/v1/schedules/{schedule}/disable", null, 200, Schedule, "status=paused"),
        new("POST /api/v1/schedules/{schedule}/enable", null, 200, Schedule, "status=active"),
        new("GET /api/v1/queues/{queue}", null, 200, Queue, "is_paused=true"),
        new("PUT /api/v1/queues/{queue}", """{"description":"Nothing moves","max_concurrency":3,"rate_limit":{"limit":20,"period":1}}""", 200, Queue, "limits.max_concurrency=3", "limits.rate_limit.limit=20"),
        new("PUT /api/v1/queues/new-one", """{}""", 201, Queue, "name=new-one"),
        new("GET /api/v1/workers?status=running", null, 200, $$"""{"items":[{{Worker}}],"total":1}""", "total=1"),
        new("GET /api/v1/workers/{worker}", null, 200, Worker, "name=standalone"),
        new("POST /api/v1/workers/{worker}/ping", """{"timeout":5}""", 200, WorkerAnswer, "command=ping", "success=true"),
        new("POST /api/v1/workers/{worker}/pause", null, 200, WorkerAnswer, "status=paused"),
        new("POST /api/v1/workers/{worker}/resume", null, 200, WorkerAnswer, "status=running"),
        new("POST /api/v1/workers/{worker}/reload", null, 200, WorkerAnswer, "success=true"),
        new("POST /api/v1/workers/nobody/shutdown", """{"graceful":true}""", 404, """{"detail":"Worker not found"}""", "detail=Worker not found: nobody"),
        new("POST /api/v1/workers/broadcast", """{"command":"status","queue_name":"default"}""", 200, $$"""{"command":"status","total":1,"answers":[{{WorkerAnswer}}],"silent":[]}""", "total=1"),
        new("POST /api/v1/worker-sessions", """
            {"name":"invoices","host":"node-3","version":"1.4.0","slots":4,"queues":["invoices"],
             "tasks":[{"name":"make_invoice","max_retries":5,"parameters":{"type":"object","properties":{"order":{"type":"integer"}},"required":["order"]}}]}
            """, 201, """{"id":"invoices~1f","name":"invoices","queues":["invoices"],"lease":10,"heartbeat_interval":3.3,"now":"2030-01-31T12:00:00Z"}""", "name=invoices"),
        new("POST /api/v1/worker-sessions/{session}/claims", """{"count":4,"wait":0}""", 200, """{"attempts":[]}"""),
        new("POST /api/v1/worker-sessions/{session}/reports", """{"reports":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"x","step":"completed","result":1}]}""", 200,
            """{"refused":[{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"step":"completed","code":"wrong_secret"}]}"""),
        new("POST /api/v1/worker-sessions/{session}/jobs", """{"job_id":"0198e0a2-6c1f-7c3a-9d0e-5b6f3c1d2e4f","attempt":1,"secret":"x","job":{"task_name":"echo"}}""", 409,
            """{"detail":"Failed to enqueue job: secret: expected the secret that came with the attempt"}""", "code=wrong_secret"),
        new("POST /api/v1/worker-sessions/{session}/heartbeat", """{"attempts":[],"status":"running","wait":0}""", 200,
            """{"now":"2030-01-31T12:00:00Z","lease":10,"cancel":[],"lost":[],"commands":[]}"""),
        new("DELETE /api/v1/worker-sessions/{session}", null, 204, null),
        new("POST /api/v1/worker-sessions/none/claims", """{"count":1}""", 404, """{"detail":"Worker session not found"}""", "code=session_not_found"),
        new("POST /api/v1/api-keys", """{"name":"billing","permissions":["view_jobs"],"expires_in":3600}""", 201, Key[..^1] + ",\"key\":\"js_\"}", "owner=billing"),
        new("GET /api/v1/api-keys", null, 200, $$"""{"items":[{{Key}}],"total":1}"""),
        new("GET /api/v1/api-keys/{key}", null, 200, Key, "name=example"),
        new("DELETE /api/v1/api-keys/{key}", null, 204, null),
        new("GET /api/v1/history?step=day", null, 200, $$"""{"from":"2030-01-31T12:00:00Z","to":"2030-01-31T12:00:00Z","step":"day","items":[{"at":"2030-01-31T12:00:00Z",{{Happened}} }],"totals":{ {{Happened}} } }""", "step=day"),
        new("GET /api/v1/history?step=day&group_by=task&buckets=maybe", null, 400, """{"detail":"Failed to get the history"}""", "code=validation_failed"),
        new("GET /api/v1/history/totals?limit=1", null, 200, """{"items":[{"queue_name":"q","task_name":"t","priority":"high","submitted":42,"started":42,"completed":42,"failed":0,"timeout":0,"retried":0,"cancelled":0,"expired":0,"rescued":0}],"total":42}"""),
        new("GET /api/v1/failures?task_name=fail&for={failed}", null, 400, """{"detail":"Failed to list failures"}""", "code=validation_failed"),
        new("GET /api/v1/failures?task_name=fail", null, 200, """{"items":[{"fingerprint":"0a1b2c3d4e5f6071","task_name":"fail","error_type":"failed","message":"m","frames":[],"count":42,"first_seen":"2030-01-31T12:00:00Z","last_seen":"2030-01-31T12:00:00Z","last_job_id":"j","trend":[42]}],"total":42}"""),
        new("GET /api/v1/audit?action=PauseQueue&limit=1", null, 200, """{"items":[{"id":42,"at":"2030-01-31T12:00:00Z","actor":"admin","credential":"key admin","surface":"api","action":"PauseQueue","object_type":"queue","object_id":"still","address":"127.0.0.1","outcome":"done","status":204,"code":null,"details":null,"trace_id":"4bf9","previous_hash":"00","hash":"5f"}],"total":42,"page":1,"page_size":1,"pages":42,"next_cursor":"AAAA"}"""),
        new("GET /api/v1/audit/verify", null, 200, """{"valid":true,"entries":42,"first_broken":null,"last_id":42,"last_hash":"5feceb66"}""", "valid=true"),
        new("GET /api/v1/alerts", null, 200, """{"items":[{"id":"a","name":"queue_age","object":"still","severity":"warning","message":"m","since":"2030-01-31T12:00:00Z","cleared_at":null,"value":1.5,"threshold":42}],"cleared":[],"evaluated_at":"2030-01-31T12:00:00Z"}"""),
        new("GET /api/v1/health", null, 200, """{"status":"healthy","message":"m","checks":{"database":{"status":"healthy","message":"m","details":{}},"*":{"status":"healthy","message":"m","details":{}}},"timestamp":"2030-01-31T12:00:00Z"}""", "checks.database.status=healthy", "checks.broker.status=healthy", "checks.scheduler.status=healthy", "checks.worker_standalone.status=healthy"),
        new("GET /api/v1/health/queues/still", null, 200, """{"channel":"still","status":"healthy","messages":{"total":150,"unclaimed":10,"pending":5,"scheduled":25,"stuck":0},"runners":{"active":3,"total":3},"stuck_jobs":[],"alerts":[],"metrics":{"jobs_per_minute":45.2,"success_rate":98.5,"avg_duration_ms":230}}""", "channel=still"),
        new("GET /api/v1/health/queues/nowhere", null, 404, """{"detail":"Queue not found"}""", "code=queue_not_found"),
        new("GET /api/v1/metrics.json", null, 200, """{"metrics":{"*":{"type":"gauge","values":[{"labels":{"*":"x"},"value":12}]}},"timestamp":"2030-01-31T12:00:00Z"}"""),
        new("GET /api/v1/info", null, 200, """{"product":"JobSystem","version":"0.1.0","service":"standalone","worker_count":4,"queue_count":3,"schedule_count":5,"total_jobs":127,"health_status":"healthy"}""", "product=JobSystem", "worker_count=1"),
        new("GET /api/v1/me", null, 200, """{"owner":"admin","permissions":["view_jobs"]}""", "owner=admin"),
        new("GET /api/v1/jobs/no-such-job", null, 404, """{"detail":"Job not found"}""", "detail=Job not found: no-such-job"),
    ];
}
