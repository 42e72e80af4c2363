using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>Server-sent events.</summary>
static class StreamEndpoints
{
    public static IServiceCollection AddStreams(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<StreamOptions>(configuration);
        services.AddDuty<JobFollower>();
        services.AddDuty<EventFeed>();
        services.AddDuty<OpenStreams>();
        services.AddSingleton<StreamJob>();
        services.AddSingleton<StreamEvents>();
        return services;
    }

    public static void MapStreams(this IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs/{jobId}/stream", StreamJob.Handle).WithTags("Jobs")
            .WithName(JobApiOperations.StreamJob).WithSummary("Follow a job step by step (server-sent events)").RequireCaller();
        api.MapGet("/events/stream", StreamEvents.Handle).WithTags("Events")
            .WithName(JobApiOperations.StreamEvents).WithSummary("Follow all jobs (server-sent events)").RequireCaller();
    }
}
