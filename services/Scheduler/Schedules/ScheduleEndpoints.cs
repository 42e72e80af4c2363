using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Routes of <c>/api/v1/schedules</c>. <c>GET /schedules/{id}/jobs</c> belongs to JobApi.</summary>
static class ScheduleEndpoints
{
    public static void MapSchedules(this IEndpointRouteBuilder api)
    {
        var limits = api.ServiceProvider.GetRequiredService<IOptions<ScheduleLimits>>().Value;
        var schedules = api.MapGroup("/schedules").WithTags("Schedules").AddEndpointFilter(Availability).RequireCaller();
        var schedule = schedules.MapGroup("/{scheduleId}").AddEndpointFilter(Ownership.Check);
        schedules.MapPost("/", CreateSchedule.Handle).WithName(ScheduleOperations.CreateSchedule).WithSummary("Create a schedule")
            .WithMetadata(new BodyLimit(limits.BodyBytes));
        schedules.MapGet("/", ListSchedules.Handle).WithName(ScheduleOperations.ListSchedules).WithSummary("List schedules");
        schedules.MapGet("/preview", NextRuns.Preview).WithName("PreviewSchedule").WithSummary("When a cron expression would run");
        schedule.MapGet("/", GetSchedule).WithName(ScheduleOperations.GetSchedule).WithSummary("Get a schedule");
        schedule.MapPut("/", UpdateSchedule.Handle).WithName("UpdateSchedule").WithSummary("Replace a schedule")
            .WithMetadata(new BodyLimit(limits.BodyBytes));
        schedule.MapDelete("/", DeleteSchedule).WithName(ScheduleOperations.DeleteSchedule).WithSummary("Delete a schedule");
        schedule.MapGet("/next", NextRuns.Handle).WithName("GetNextRuns").WithSummary("When a schedule will run");
        schedule.MapPost("/run", RunNow.Handle).WithName("RunSchedule").WithSummary("Run a schedule now");
        schedule.MapPost("/pause", Pause).WithName(ScheduleOperations.PauseSchedule).WithSummary("Pause a schedule");
        schedule.MapPost("/disable", Pause).WithName("DisableSchedule").WithSummary("The same as pause");
        schedule.MapPost("/resume", Resume).WithName(ScheduleOperations.ResumeSchedule).WithSummary("Resume a paused schedule");
        schedule.MapPost("/enable", Resume).WithName("EnableSchedule").WithSummary("The same as resume");
    }

    /// <summary>Parses the schedule id of a path. Returns null if it is not a UUID.</summary>
    public static Guid? Parse(string id) => Guid.TryParseExact(id, "D", out var uuid) ? uuid : null;

    public static ProblemHttpResult NotFound(string id) =>
        Problems.NotFound($"Schedule not found: {(id.Length <= 128 ? id : id[..128])}", "schedule_not_found");

    static async Task<Results<ScheduleAnswer, ProblemHttpResult>> GetSchedule(
        string scheduleId, ScheduleStore store, CancellationToken cancellationToken) =>
        Parse(scheduleId) is { } id && await store.Find(id, cancellationToken) is { } row ? new ScheduleAnswer(row) : NotFound(scheduleId);

    static async Task<Results<NoContent, ProblemHttpResult>> DeleteSchedule(
        string scheduleId, ScheduleChanges changes, CancellationToken cancellationToken) =>
        Parse(scheduleId) is { } id && await changes.Delete(id, cancellationToken) ? TypedResults.NoContent() : NotFound(scheduleId);

    static async Task<Results<ScheduleAnswer, ProblemHttpResult>> Pause(
        string scheduleId, ScheduleChanges changes, CancellationToken cancellationToken) =>
        Parse(scheduleId) is not { } id || await changes.Pause(id, cancellationToken) is not { } row ? NotFound(scheduleId)
        : row.Status == ScheduleStatus.Completed ? Completed(row, "paused")
        : new ScheduleAnswer(row);

    static async Task<Results<ScheduleAnswer, ProblemHttpResult>> Resume(
        string scheduleId, ScheduleChanges changes, CancellationToken cancellationToken) =>
        Parse(scheduleId) is not { } id || await changes.Resume(id, cancellationToken) is not { } row ? NotFound(scheduleId)
        : row.Status == ScheduleStatus.Completed ? Completed(row, "resumed")
        : new ScheduleAnswer(row);

    static ProblemHttpResult Completed(ScheduleRow row, string what) =>
        Problems.Conflict($"Schedule {row.Id} has no further run; it cannot be {what}.", "schedule_completed");

    static async ValueTask<object?> Availability(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DatabaseUnavailableException exception)
        {
            return Problems.Unavailable(exception.Message);
        }
    }

    /// <summary>The server stops reading slightly above our own limit, so that the response can still state the limit.</summary>
    sealed class BodyLimit(int bytes) : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => bytes + 4096L;
    }
}
