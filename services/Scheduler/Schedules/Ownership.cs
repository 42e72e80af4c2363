using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Errors;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// Stands before every route of one schedule: what the caller may not see is not there, and what it may not change stays as it is.
/// A schedule's owner never changes and its id is never given again, so that looking first is enough.
/// </summary>
static class Ownership
{
    public static async ValueTask<object?> Check(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var viewer = CallerScope.FromRequest(http);
        var reads = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if (reads ? viewer.SeesAll : viewer.ManagesAll)
        {
            return await next(context);
        }
        var id = (string)http.GetRouteValue("scheduleId")!;
        var store = http.RequestServices.GetRequiredService<ScheduleStore>();
        if (ScheduleEndpoints.Parse(id) is not { } uuid || await store.Find(uuid, http.RequestAborted) is not { } row || !viewer.Sees(row.Owner))
        {
            return ScheduleEndpoints.NotFound(id);
        }
        return reads || viewer.Changes(row.Owner)
            ? await next(context)
            : Problems.Forbidden($"Schedule {row.Id} belongs to somebody else; changing it needs the permission manage_jobs.");
    }
}
