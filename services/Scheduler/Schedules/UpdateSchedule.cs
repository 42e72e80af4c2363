using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Schedules;

/// <summary>PUT /schedules/{id}: replaces the schedule, and keeps its history.</summary>
static class UpdateSchedule
{
    public static async Task<Results<ScheduleAnswer, ProblemHttpResult>> Handle(
        string scheduleId, HttpContext http, ScheduleReader reader, ScheduleTasks tasks, ScheduleStore store, ScheduleChanges changes,
        IOptions<ScheduleLimits> limits, CancellationToken cancellationToken)
    {
        if (ScheduleEndpoints.Parse(scheduleId) is not { } id || await store.Find(id, cancellationToken) is not { } existing)
        {
            return ScheduleEndpoints.NotFound(scheduleId);
        }
        var now = await store.Now(cancellationToken);
        var (wanted, problem) = await CreateSchedule.Read(
            http, reader, tasks, now, existing, "Failed to update schedule", limits.Value.BodyBytes, cancellationToken);
        if (wanted is null)
        {
            return problem!;
        }
        var note = AuditNote.ForRequest(http);
        note.Add("before", ScheduleAudit.Describe(existing));
        note.Add("after", ScheduleAudit.Describe(wanted));
        return await changes.Replace(id, wanted, cancellationToken) is { } row
            ? new ScheduleAnswer(row)
            : ScheduleEndpoints.NotFound(scheduleId);
    }
}
