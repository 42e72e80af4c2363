namespace JobSystem.Surface.Tests;

/// <summary>The publish surface: <c>/api/jobs/publish</c>, <c>/job</c>, <c>/list</c>, <c>/runners</c>.</summary>
static class PublishRows
{
    const string Event = """{"event":"created","at":"2024-01-15T10:45:00Z","runner_id":null,"details":{"*":null}}""";

    const string Members = """
        "id":"a1b2","status":"running","channel":"emails","func":"myapp.jobs.send_email","created":"2024-01-15T10:45:00Z","started_at":"2024-01-15T10:46:00Z","finished_at":null,
        "attempt":1,"max_retries":3,"last_error":"","metadata":{"*":null},"runner_id":"worker-01-1234","cancel_requested":false,"duration_ms":0,"is_terminal":false,"is_retriable":true
        """;

    const string Runner = """{"status":true,"runner_id":"worker-01-1234"}""";
    static readonly string job = $"{{{Members}}}";
    static readonly string list = $$"""{"status":true,"count":1,"data":[{{job}}]}""";
    static readonly string one = """{"status":true,"data":""" + job + "}";
    static readonly string detail = """{"status":true,"data":{""" + Members + ",\"recent_events\":[" + Event + """],"queue_position":null}}""";

    public static IEnumerable<Row> All =>
    [
        new("GET /api/jobs/health", null, 200, """{"status":true,"data":{"status":"healthy","message":"m","channels":[{"channel":"emails","status":"healthy"}],"runners":{"active":3,"total":3}}}""", "status=true", "data.runners.active=1"),
        new("GET /api/jobs/health/default", null, 200, """{"status":true,"data":{"channel":"emails","status":"healthy","messages":{"total":150,"unclaimed":10,"pending":5,"scheduled":25,"stuck":0},"runners":{"active":3,"total":3},"stuck_jobs":[],"alerts":[],"metrics":{"jobs_per_minute":45.2,"success_rate":98.5,"avg_duration_ms":230}}}""", "status=true", "data.channel=default", "data.runners.active=1"),
        new("GET /api/jobs/job", null, 200, list, "status=true"),
        new("GET /api/jobs/job/{completed}", null, 200, one, "data.status=completed", "data.is_terminal=true"),
        new("POST /api/jobs/job/{pending}", """{"cancel_request":true}""", 200, """{"status":true,"message":"Job a1b2 cancellation requested","job_id":"a1b2"}""", "status=true"),
        new("POST /api/jobs/job/{failed}", """{"retry_request":true}""", 201, """{"status":true,"message":"Job retry scheduled","original_job_id":"a1b2","new_job_id":"b2c3","delayed":true}""", "message=Job retry scheduled", "delayed=false"),
        new("POST /api/jobs/job/{failed}", """{"retry_request":{"retry":true,"delay":60}}""", 201, """{"status":true,"message":"","original_job_id":"a1b2","new_job_id":"b2c3","delayed":true}""", "delayed=true"),
        new("POST /api/jobs/job/{pending}", """{"get_status":true}""", 200, detail, "data.status=pending", "data.is_terminal=false", "data.attempt=0", "data.channel=still"),
        new("POST /api/jobs/job/{running}", """{"get_status":true}""", 200, detail, "data.status=running", "data.is_terminal=false"),
        new("POST /api/jobs/job/{failed}", """{"get_status":true}""", 200, detail, "data.status=failed", "data.is_terminal=true", "data.is_retriable=true"),
        new("POST /api/jobs/job/{completed}", """{"publish_job":{"payload":{"recipients":["new@example.com"],"subject":"Updated subject"},"delay":300,"channel":"high_priority"}}""", 201,
            """{"status":true,"message":"Job published successfully","job_id":"c3d4","template_job_id":"a1b2"}""", "message=Job published successfully"),
        new("DELETE /api/jobs/job/{completed}", null, 200, """{"status":true}"""),
        new("POST /api/jobs/publish", """
            {"func":"myapp.jobs.send_email","payload":{"recipients":["user@example.com"],"subject":"Welcome","template":"welcome_email"},"channel":"emails","delay":60,"max_retries":3}
            """, 201, """{"status":true,"message":"","job_id":"a1b2"}"""),
        new("POST /api/jobs/publish", """
            {"func":"echo","payload":{},"run_at":"2035-01-15T10:45:00Z","max_exec_seconds":30,"broadcast":false,"idempotency_key":"only-once"}
            """, 201, """{"status":true,"message":"","job_id":"a1b2"}"""),
        new("GET /api/jobs/list?channel=default&status=completed&limit=50", null, 200, list, "status=true"),
        new("GET /api/jobs/list?status=canceled&since=2024-01-15T10:45:00Z", null, 200, list),
        new("GET /api/jobs/job/{completed}/events", null, 200, $$"""{"status":true,"count":1,"data":[{{Event}}]}"""),
        new("GET /api/jobs/stats", null, 200, """{"status":true,"data":{"total_jobs":1}}"""),
        new("GET /api/jobs/runners?channel=default", null, 200, """{"status":true,"count":1,"data":[{"runner_id":"worker-01-1234","channels":["emails"],"alive":true}]}"""),
        new("POST /api/jobs/runners/ping", """{"runner_id":"standalone","timeout":2.0}""", 200, Runner, "status=true"),
        new("POST /api/jobs/runners/broadcast", """{"command":"status","data":{},"timeout":2.0}""", 200, $$"""{"status":true,"command":"status","responses":[{{Runner}}]}""", "command=status"),
        new("POST /api/jobs/runners/broadcast", """{"command":"status","data":[1]}""", 400, """{"errors":{"data":["expected"]}}"""),
        new("POST /api/jobs/runners/ping", """{"runner_id":""}""", 400, """{"errors":{"runner_id":["expected"]}}"""),
        new("POST /api/jobs/runners/shutdown", """{"runner_id":" "}""", 400, """{"errors":{"runner_id":["expected"]}}"""),
        new("POST /api/jobs/runners/broadcast", """{"command":"dance"}""", 400, """{"errors":{"command":["expected"]}}"""),
        // The only runner here lives in the same process as the API, and must not end that
        new("POST /api/jobs/runners/shutdown", """{"runner_id":"standalone","graceful":true}""", 409, """{"detail":""}""", "code=worker_refused"),
        new("POST /api/jobs/publish", """{"payload":{}}""", 400, """{"errors":{"func":["expected"]}}"""),
        new("POST /api/jobs/publish", """{"func":"echo"}""", 400, """{"errors":{"payload":["expected"]}}"""),
        new("POST /api/jobs/job/{completed}", """{"retry_request":true}""", 409, """{"detail":""}"""),
    ];
}
