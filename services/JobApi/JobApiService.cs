using JobSystem.JobApi.ApiKeys;
using JobSystem.JobApi.Background;
using JobSystem.JobApi.Bus;
using JobSystem.JobApi.Bus.Commands;
using JobSystem.JobApi.Http;
using JobSystem.JobApi.Http.ApiKeys;
using JobSystem.JobApi.Http.Audit;
using JobSystem.JobApi.Http.History;
using JobSystem.JobApi.Http.Jobs;
using JobSystem.JobApi.Http.Jobs.Bulk;
using JobSystem.JobApi.Http.Jobs.Submit;
using JobSystem.JobApi.Http.Queues;
using JobSystem.JobApi.Http.Streams;
using JobSystem.JobApi.Http.Tasks;
using JobSystem.JobApi.Http.Workers;
using JobSystem.JobApi.Http.Workers.Sessions;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Queues;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Surfaces.Operations;
using JobSystem.JobApi.Surfaces.Publish;
using JobSystem.JobApi.Surfaces.User;
using JobSystem.JobApi.Tasks;
using JobSystem.JobApi.Workers;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Health;
using JobSystem.ServiceDefaults.OpenApi;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi;

/// <summary>Composition of the job service. The host process calls all four, and owns the one bus.</summary>
public static class JobApiService
{
    public static WebApplicationBuilder AddJobApi(this WebApplicationBuilder builder)
    {
        builder.AddJobStore();
        builder.AddLifecycle();
        var services = builder.Services;
        services.AddSettings<JobLimits>(builder.Configuration);
        services.AddSettings<CommandOptions>(builder.Configuration);
        services.AddApiDescription(typeof(JobApiService).Assembly);
        services.AddSingleton<JobRequestReader>();
        services.AddSingleton<JobAdmission>();
        services.AddSingleton<FollowUpAdmission>();
        services.AddSingleton<JobQuota>();
        services.AddSingleton<JobSubmissions>();
        services.AddSingleton<TaskSubmissions>();
        services.AddSingleton<JobCommands>();
        services.AddSingleton<CommandOneJob>();
        services.AddSingleton<CreateJobs>();
        services.AddSingleton<RunJobSync>();
        services.AddSingleton<JobExplainer>();
        services.AddSingleton<StatisticsKeeper>();
        services.AddSingleton<HistoryQueries>();
        services.AddSingleton<JobCleanup>();
        services.AddSingleton<BulkJobs>();
        services.AddStreams(builder.Configuration);
        services.AddSingleton<QueueCountCache>();
        services.AddSingleton<QueueDirectory>();
        services.AddSingleton<WorkerDirectory>();
        services.AddSingleton<WorkerCommands>();
        services.AddDuty<ApiKeyUsageRecorder>();
        services.AddSingleton<ApiKeyStore>();
        services.AddApiKeyStore<ApiKeyStore>();
        services.AddAudit();
        services.AddDuty<TaskRegistry>();
        services.AddReadyCheck("database", (provider, ct) => provider.GetRequiredService<IJobStore>().Now(ct));
        return builder;
    }

    public static void AddJobApiConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddLifecycleConsumers();
        bus.AddConsumer<AnnounceTasksConsumer>();
        bus.AddCommandConsumers();
        bus.AddConsumer<FindApiKeysConsumer>();
        bus.AddConsumer<RecordAuditConsumer>();
    }

    public static void ConfigureJobApiEndpoints(this IBusFactoryConfigurator configurator, IBusRegistrationContext context)
    {
        configurator.ConfigureLifecycleEndpoints(context);
        configurator.ConfigureCommandEndpoints(context);
        configurator.ConfigureApiKeyRequests(context);
        configurator.ConfigureAudit(context);
    }

    public static void MapJobApi(this IEndpointRouteBuilder app)
    {
        var limits = app.ServiceProvider.GetRequiredService<IOptions<JobLimits>>().Value;
        var api = app.MapGroup("/api/v1").Audited();
        api.MapJobs(limits);
        api.MapStreams();
        api.MapQueues();
        api.MapWorkers();
        app.MapWorkerSessions(api, limits);
        api.MapTasks();
        api.MapHistory();
        app.MapOperationsJobs();
        app.MapOperationsQueues();
        app.MapOperationsWorkers();
        app.MapPublishJobs();
        app.MapPublishRunners();
        app.MapUserJobs();
        app.MapUserAdmin();
        api.MapApiKeys();
        api.MapAudit();
    }
}
