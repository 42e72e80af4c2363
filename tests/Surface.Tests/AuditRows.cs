namespace JobSystem.Surface.Tests;

/// <summary>A call that changes something, or tries to, and the one entry that it leaves.</summary>
/// <param name="Call">As in <see cref="Row"/>. An id in the path is the object's.</param>
/// <param name="Entry">Surface, action, type of the object (or -) and outcome.</param>
/// <param name="Code">Of what was refused.</param>
public sealed record AuditedCall(string Call, string? Body, int Status, string Entry, string? Code = null, string Permission = "manage_jobs")
{
    public override string ToString() => $"{Call} {Body} {Status}";
}

static class AuditRows
{
    public static readonly AuditedCall[] All =
    [
        new("POST /api/v1/jobs", """{"task_name":"echo","queue_name":"still"}""", 201, "api CreateJob job done"),
        new("POST /api/v1/jobs", """{"task_name":"nobody"}""", 400, "api CreateJob job refused", "task_not_found"),
        new("POST /api/v1/jobs", "{", 400, "api CreateJob job refused", "malformed_json"),
        new("POST /api/v1/jobs/batch", """{"jobs":[{"task_name":"echo","queue_name":"still"},{"task_name":"echo","queue_name":"still"}]}""", 201, "api CreateJobs job done"),
        new("POST /api/v1/jobs/run-sync", """{"task_name":"echo"}""", 200, "api RunJobSync job done"),
        new("POST /api/v1/jobs/run-sync", """{"task_name":"fail","max_retries":0}""", 422, "api RunJobSync job done", "job_failed"),
        new("POST /api/v1/jobs/{pending}/cancel", """{"reason":"enough"}""", 200, "api CancelJob job done"),
        new("POST /api/v1/jobs/{completed}/cancel", null, 409, "api CancelJob job refused", "job_final"),
        new("POST /api/v1/jobs/{pending}/cancel", null, 403, "api CancelJob job refused", "forbidden", "view_jobs"),
        new("POST /api/v1/jobs/{failed}/retry", null, 200, "api RetryJob job done"),
        new("POST /api/v1/jobs/{completed}/clone", null, 201, "api CloneJob job done"),
        new("POST /api/v1/jobs/{pending}/force-complete", null, 200, "api ForceCompleteJob job done", null, "admin"),
        new("DELETE /api/v1/jobs/{completed}", null, 204, "api DeleteJob job done"),
        new("POST /api/v1/jobs/bulk/cancel", """{"filter":{"queue_name":"empty"}}""", 200, "api CancelJobs job done"),
        new("POST /api/v1/jobs/cleanup", "{}", 200, "api CleanUpJobs job done", null, "admin"),
        new("POST /api/v1/jobs/cleanup", "{}", 403, "api CleanUpJobs job refused", "forbidden"),
        new("PUT /api/v1/queues/audited", """{"max_concurrency":3}""", 201, "api PutQueue queue done"),
        new("PUT /api/v1/queues/audited", """{"max_concurrency":-3}""", 400, "api PutQueue queue refused", "validation_failed"),
        new("POST /api/v1/queues/{queue}/pause", null, 204, "api PauseQueue queue done"),
        new("POST /api/v1/queues/{queue}/clear", null, 204, "api ClearQueue queue done"),
        new("POST /api/v1/workers/{worker}/ping", null, 200, "api PingWorker worker done"),
        new("POST /api/v1/worker-sessions", """{"name":"audited","slots":1,"tasks":[{"name":"idle"}]}""", 201, "api CreateWorkerSession worker done", null, "admin"),
        new("POST /api/v1/worker-sessions", """{"name":"audited","slots":1,"tasks":[{"name":"idle"}]}""", 403, "api CreateWorkerSession worker refused", "forbidden"),
        new("DELETE /api/v1/worker-sessions/{session}", null, 404, "api EndWorkerSession worker refused", "session_not_found", "admin"),
        new("POST /api/v1/api-keys", """{"name":"audited"}""", 201, "api CreateApiKey api_key done", null, "admin"),
        new("POST /api/v1/api-keys", """{"name":"audited"}""", 403, "api CreateApiKey api_key refused", "forbidden"),
        new("DELETE /api/v1/api-keys/none", null, 404, "api RevokeApiKey api_key refused", "api_key_not_found", "admin"),
        new("POST /api/v1/schedules", """{"name":"nightly","task_name":"echo","cron_expression":"0 0 * * *"}""", 201, "api CreateSchedule schedule done"),
        new("PUT /api/v1/schedules/{schedule}", """{"cron_expression":"0 1 * * *"}""", 200, "api UpdateSchedule schedule done"),
        new("POST /api/v1/schedules/{schedule}/pause", null, 200, "api PauseSchedule schedule done"),
        new("POST /api/v1/schedules/{schedule}/run", null, 202, "api RunSchedule schedule done"),
        new("DELETE /api/v1/schedules/none", null, 404, "api DeleteSchedule schedule refused", "schedule_not_found"),

        new("POST /jobs", """{"task_name":"echo","queue_name":"still"}""", 201, "operations CreateJob job done"),
        new("POST /jobs", """{"task_name":"echo","priority":"URGENT"}""", 400, "operations CreateJob job refused", "validation_failed"),
        new("POST /jobs", """{"task_name":"nobody"}""", 400, "operations CreateJob job refused", "task_not_found"),
        new("POST /jobs/{pending}/cancel", null, 200, "operations CancelJob job done"),
        new("POST /jobs/{failed}/retry", null, 200, "operations RetryJob job done"),
        new("POST /jobs/queues/{queue}/pause", null, 200, "operations PauseQueue queue done"),
        new("POST /jobs/queues/{queue}/clear", null, 403, "operations ClearQueue queue refused", "forbidden", "view_jobs"),
        new("POST /schedules", """{"name":"often","task_name":"echo","schedule_type":"interval","schedule_params":{"hours":1}}""", 201, "operations CreateSchedule schedule done"),
        new("POST /schedules", """{"name":"x","task_name":"echo","schedule_type":"cron","schedule_params":{"expression":"61 * * * *"}}""", 400, "operations CreateSchedule schedule refused", "validation_failed"),
        new("POST /schedules/{schedule}/disable", null, 200, "operations PauseSchedule schedule done"),
        new("DELETE /schedules/{schedule}", null, 200, "operations DeleteSchedule schedule done"),

        new("POST /api/jobs/publish", """{"func":"echo","payload":{}}""", 201, "publish CreateJob job done"),
        new("POST /api/jobs/publish", """{"func":"echo"}""", 400, "publish CreateJob job refused", "validation_failed"),
        new("POST /api/jobs/job/{pending}", """{"cancel_request":true}""", 200, "publish CancelJob job done"),
        new("POST /api/jobs/job/{failed}", """{"retry_request":true}""", 201, "publish CloneJob job done"),
        new("POST /api/jobs/job/{completed}", """{"dance":true}""", 400, "publish PublishActOnJob job refused", "validation_failed"),
        new("DELETE /api/jobs/job/{completed}", null, 200, "publish DeleteJob job done"),
        new("POST /api/jobs/runners/ping", """{"runner_id":"standalone","timeout":2.0}""", 200, "publish PingWorker worker done"),
        new("POST /api/jobs/runners/broadcast", """{"command":"dance"}""", 400, "publish BroadcastToWorkers worker refused", "validation_failed"),

        new("POST /api/jobs/", """{"job_type":"echo","title":"Export"}""", 201, "user CreateJob job done"),
        new("POST /api/jobs/", """{"job_type":"echo"}""", 400, "user CreateJob job refused", "validation_failed"),
        new("POST /api/jobs/{pending}/cancel", null, 200, "user CancelJob job done"),
        new("POST /api/jobs/{failed}/retry", null, 200, "user RetryJob job done"),
        new("POST /api/jobs/admin/{pending}/force-complete", """{"by":"hand"}""", 200, "user ForceCompleteJob job done", null, "admin"),
        new("DELETE /api/jobs/admin/cleanup?days_old=30", null, 200, "user CleanUpJobs job done", null, "admin"),

        new("GET /api/v1/jobs/{pending}", null, 200, ""),
        new("POST /api/jobs/job/{pending}", """{"get_status":true}""", 200, ""),
    ];
}
