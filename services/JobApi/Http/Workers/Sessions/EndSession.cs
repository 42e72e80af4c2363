using JobSystem.JobApi.Attempts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Sessions;
using JobSystem.JobApi.Time;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>DELETE /worker-sessions/{id}: attempts that the worker still holds run elsewhere when their leases have ended.</summary>
static class EndSession
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        string sessionId, HttpContext http, WorkerSessions sessions, SessionInboxes inboxes, HeartbeatHandler heartbeats, JobQueues queues, DatabaseClock clock,
        CancellationToken cancellationToken)
    {
        if (await sessions.Find(sessionId, Caller.NameOf(http), cancellationToken) is not { } session)
        {
            return SessionEndpoints.NotFound(sessionId);
        }
        await sessions.Remove(session.Id, cancellationToken);
        await heartbeats.Handle(await session.Heartbeat("stopped", [], 0, 0, queues, clock, cancellationToken), cancellationToken);
        inboxes.Remove(session.Id);
        return TypedResults.NoContent();
    }
}
