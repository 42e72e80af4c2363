using JobSystem.JobApi.Jobs;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>Workers that run jobs over HTTP. docs/worker-protocol.md describes the protocol.</summary>
static class SessionEndpoints
{
    const string Tag = "Worker sessions";

    /// <param name="app">Takes the routes that are called too often to be audited.</param>
    /// <param name="api">Takes the others.</param>
    /// <param name="limits">Limits of bodies.</param>
    public static void MapWorkerSessions(this IEndpointRouteBuilder app, IEndpointRouteBuilder api, JobLimits limits)
    {
        var audited = api.MapGroup("/worker-sessions").WithTags(Tag).RequirePermission(Permission.RunJobs);
        audited.MapPost("/", CreateSession.Handle).WithName(JobApiOperations.CreateWorkerSession).WithSummary("Connect a worker").Accepting(limits.BodyBytes);
        audited.MapDelete("/{sessionId}", EndSession.Handle).WithName(JobApiOperations.EndWorkerSession).WithSummary("Disconnect a worker that has drained");
        var frequent = app.MapGroup("/api/v1/worker-sessions").WithTags(Tag).RequirePermission(Permission.RunJobs);
        frequent.MapPost("/{sessionId}/claims", ClaimAttempts.Handle).WithName(JobApiOperations.ClaimAttempts).WithSummary("Take attempts to run");
        frequent.MapPost("/{sessionId}/reports", TakeReports.Handle)
            .WithName(JobApiOperations.ReportAttempts).WithSummary("Tell what happened to attempts").Accepting(limits.BatchBytes);
        frequent.MapPost("/{sessionId}/jobs", EnqueueFromAttempt.Handle)
            .WithName(JobApiOperations.EnqueueFromAttempt).WithSummary("Enqueue a job while an attempt runs").Accepting(limits.BodyBytes);
        frequent.MapPost("/{sessionId}/heartbeat", TakeHeartbeat.Handle)
            .WithName(JobApiOperations.SendHeartbeat).WithSummary("Renew leases, and learn what has to stop").Accepting(limits.BatchBytes);
    }

    public static ProblemHttpResult NotFound(string id) => Problems.NotFound(
        $"Worker session not found: {(id.Length <= 200 ? id : id[..200])}. Connect again; attempts of the session run elsewhere when their leases have ended.",
        "session_not_found");
}
