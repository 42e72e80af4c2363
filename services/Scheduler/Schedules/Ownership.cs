using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Errors;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// Filter of all routes of one schedule: 404 if the caller may not see it, 403 if it may not change it. The check before the request is
/// sufficient, because the owner of a schedule never changes and its id is never reused.
/// </summary>
static class Ownership
{
    public static async ValueTask<object?> Check(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var caller = CallerScope.FromRequest(http);
        var reads = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if (reads ? caller.SeesAll : caller.ManagesAll)
        {
            return await next(context);
        }
        var id = (string)http.GetRouteValue("scheduleId")!;
        var store = http.RequestServices.GetRequiredService<ScheduleStore>();
        if (ScheduleEndpoints.Parse(id) is not { } uuid || await store.Find(uuid, http.RequestAborted) is not { } row
            || !caller.Sees(row.Owner))
        {
            return ScheduleEndpoints.NotFound(id);
        }
        return reads || caller.Changes(row.Owner)
            ? await next(context)
            : Problems.Forbidden($"Schedule {row.Id} belongs to another owner; changing it requires the permission manage_jobs.");
    }
}
