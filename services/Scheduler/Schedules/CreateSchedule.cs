using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Schedules;

/// <summary>POST /schedules</summary>
static class CreateSchedule
{
    const string FailureTitle = "Failed to create schedule";

    public static async Task<Results<ScheduleAnswer, ProblemHttpResult>> Handle(
        HttpContext http, ScheduleReader reader, ScheduleTasks tasks, ScheduleStore store, IOptions<ScheduleLimits> limits,
        CancellationToken cancellationToken)
    {
        var now = await store.Now(cancellationToken);
        var (row, problem) = await Read(http, reader, tasks, now, null, FailureTitle, limits.Value.BodyBytes, cancellationToken);
        if (row is null)
        {
            return problem!;
        }
        (row.Id, row.Owner, row.CreatedAt, row.UpdatedAt) = (Guid.CreateVersion7(now), Caller.NameOf(http), now, now);
        if (row.Status == ScheduleStatus.Active)
        {
            ScheduleChanges.PlanNext(row, now);
        }
        await store.Add(row, cancellationToken);
        var note = AuditNote.ForRequest(http);
        note.ObjectId = row.Id.ToString();
        note.Add("after", ScheduleAudit.Describe(row));
        return new ScheduleAnswer(row, StatusCodes.Status201Created, ScheduleView.Path(row.Id));
    }

    /// <summary>Reads the schedule; returns an error response if it is invalid.</summary>
    internal static async Task<(ScheduleRow? Row, ProblemHttpResult? Problem)> Read(
        HttpContext http, ScheduleReader reader, ScheduleTasks tasks, DateTimeOffset now, ScheduleRow? existing, string failureTitle,
        int maxBytes, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, maxBytes, failureTitle, cancellationToken);
        if (body is null)
        {
            return (null, problem);
        }
        using (body)
        {
            var errors = new FieldErrors();
            var row = reader.Read(body.Root, now, existing, errors);
            problem = row is null ? null : await tasks.Check(row, errors, cancellationToken);
            return errors.Any || problem is not null ? (null, problem ?? errors.ToProblem(failureTitle)) : (row, null);
        }
    }
}
