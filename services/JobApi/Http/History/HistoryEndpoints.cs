namespace JobSystem.JobApi.Http.History;

/// <summary>Routes of the history and of failures.</summary>
static class HistoryEndpoints
{
    public static void MapHistory(this IEndpointRouteBuilder api)
    {
        api.MapGet("/history", GetHistory.Handle).WithTags("System")
            .WithName(JobApiOperations.GetHistory).WithSummary("Counts and durations over time").RequirePermission(Permission.ViewJobs);
        api.MapGet("/history/totals", GetTotals.Handle)
            .WithTags("System").WithName(JobApiOperations.GetTotals).WithSummary("What ever happened, for each queue, task and priority").RequirePermission(Permission.ViewJobs);
        api.MapGet("/failures", ListFailures.Handle).WithTags("Jobs")
            .WithName(JobApiOperations.ListFailures).WithSummary("Failed jobs, grouped by what they have in common").RequirePermission(Permission.ViewJobs);
    }
}
