namespace JobSystem.Surface.Tests;

/// <summary>The user surface: <c>/api/jobs</c> and <c>/api/jobs/admin</c>.</summary>
static class UserRows
{
    const string Job = """
        {"id":"a1","job_type":"echo","title":"Title","status":"completed","progress_percentage":100,"progress_message":null,"result":{"*":null},"error_message":null,
         "created_at":"2024-01-15T10:45:00Z","started_at":"2024-01-15T10:45:00Z","completed_at":"2024-01-15T10:45:00Z"}
        """;

    const string Done = """{"job_id":"a1","status":"cancelled","message":""}""";
    static readonly string page = $$"""{"jobs":[{{Job}}],"total":1,"page":1,"per_page":20,"pages":1}""";

    public static IEnumerable<Row> All =>
    [
        new("GET /api/jobs/", null, 200, page, "page=1", "per_page=20"),
        new("GET /api/jobs/?page=2&per_page=1&status=completed", null, 200, page, "page=2", "per_page=1"),
        new("GET /api/jobs/{completed}", null, 200, Job, "status=completed", "progress_percentage=100", "job_type=echo"),
        new("GET /api/jobs/{failed}", null, 200, Job, "status=failed"),
        new("POST /api/jobs/", """{"job_type":"echo","title":"Export","description":"All of it","parameters":{"a":1},"priority":0,"scheduled_for":"2035-01-15T10:45:00"}""", 201, Job, "title=Export", "status=pending"),
        new("POST /api/jobs/", """{"job_type":"echo","title":"Export"}""", 201, Job, "title=Export"),
        new("POST /api/jobs/{pending}/cancel", null, 200, Done, "status=cancelled"),
        new("POST /api/jobs/{failed}/retry", null, 200, Done),
        new("GET /api/jobs/admin/all", null, 200, page, "per_page=50"),
        new("GET /api/jobs/admin/all?page=1&per_page=5&status=failed&job_type=fail", null, 200, page, "per_page=5"),
        new("GET /api/jobs/admin/statistics", null, 200, """{"total_jobs":1,"success_rate":98.5,"failure_rate":1.5,"average_processing_time":1.5,"queue_status":{"*":{"total_jobs":1}}}"""),
        new("POST /api/jobs/admin/{pending}/force-complete", """{"by":"hand"}""", 200, Done, "status=completed"),
        new("POST /api/jobs/admin/{running}/force-complete", null, 200, Done, "status=completed"),
        new("DELETE /api/jobs/admin/cleanup?days_old=30", null, 200, """{"deleted_jobs":0}"""),
        new("GET /api/jobs/admin/queue-status", null, 200, """{"queues":[{"name":"default","size":1}],"pending_by_type":{"*":1},"workers":[{"name":"w","status":"running"}]}"""),
        new("POST /api/jobs/", """{"job_type":"echo"}""", 400, """{"errors":{"title":["expected"]}}"""),
        new("POST /api/jobs/", """{"job_type":"echo","title":"x","priority":"high"}""", 400, """{"errors":{"priority":["expected"]}}"""),
        new("POST /api/jobs/", """{"job_type":"nothing","title":"x"}""", 400, """{"errors":{"job_type":["Task not found"]}}"""),
    ];
}
