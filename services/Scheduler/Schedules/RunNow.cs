using JobSystem.Api;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Requests;
using MassTransit;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Scheduler.Schedules;

/// <summary>POST /schedules/{id}/run: one run now, in addition to the planned ones. Paused schedules can be run as well.</summary>
static class RunNow
{
    public static async Task<Results<RecordAnswer<ScheduleRun>, ProblemHttpResult>> Handle(
        string scheduleId, HttpContext http, ScheduleStore store, JobSender sender, TimeProvider time, CancellationToken cancellationToken)
    {
        var decidedAt = time.GetTimestamp();
        if (ScheduleEndpoints.Parse(scheduleId) is not { } id || await store.AddRun(id, cancellationToken) is not ({ } row, var run))
        {
            return ScheduleEndpoints.NotFound(scheduleId);
        }
        if (run is null)
        {
            return Problems.Conflict($"The last job of schedule {id} has not ended, and its overlap policy is skip.", "schedule_running");
        }
        AuditNote.ForRequest(http).Add("job_id", run.JobId);
        var refused = await Send(sender, row, run, decidedAt, cancellationToken);
        return refused is not null
            ? Problems.Create(StatusCodes.Status400BadRequest, refused.Code!, $"Failed to run schedule: {refused.Reason}")
            : Answer(row, run);
    }

    /// <summary>Why the job was refused. A run without a response is sent again.</summary>
    static async Task<Contracts.ScheduledJobTaken?> Send(
        JobSender sender, ScheduleRow row, RunRow run, long decidedAt, CancellationToken cancellationToken)
    {
        try
        {
            return await sender.Submit(row, run, decidedAt, cancellationToken) is { Code: not null } refused ? refused : null;
        }
        catch (Exception exception) when (exception is not DatabaseUnavailableException
            && (exception is RequestException or not OperationCanceledException))
        {
            return null;
        }
    }

    static RecordAnswer<ScheduleRun> Answer(ScheduleRow row, RunRow run)
    {
        var path = $"/api/v1/jobs/{run.JobId}";
        var answer = new ScheduleRun { ScheduleId = row.Id, JobId = run.JobId, RunAt = run.PlannedAt, JobUrl = path };
        return new(answer, ApiJson.Default.ScheduleRun, StatusCodes.Status202Accepted, path);
    }
}
