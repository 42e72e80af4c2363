using JobSystem.Contracts;
using JobSystem.JobApi.Audit;
using JobSystem.JobApi.Bus;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;

namespace JobSystem.JobApi.Http.Audit;

/// <summary>Routes of <c>/api/v1/audit</c>, and the endpoint for other services' audit entries.</summary>
static class AuditEndpoints
{
    const int Concurrency = 4;

    public static void AddAudit(this IServiceCollection services)
    {
        services.AddDuty<AuditTrail>();
        services.AddAuditTable<AuditTrail>();
        services.AddSingleton<AuditQueries>();
        services.AddSingleton<AuditVerification>();
    }

    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit").RequirePermission(Permission.Admin);
        audit.MapGet("/", ListAudit.Handle)
            .WithName(JobApiOperations.ListAudit).WithSummary("List changes: who, what, when, from where, and what came of it");
        audit.MapGet("/verify", VerifyAudit.Handle)
            .WithName(JobApiOperations.VerifyAudit).WithSummary("Check that no audit entry was changed or removed");
    }

    public static void ConfigureAudit(this IBusFactoryConfigurator configurator, IBusRegistrationContext context) =>
        configurator.ReceiveEndpoint(BusAddresses.Audit, endpoint =>
        {
            endpoint.PrefetchCount = Concurrency;
            endpoint.ConcurrentMessageLimit = Concurrency;
            endpoint.ConfigureConsumer<RecordAuditConsumer>(context);
        });
}
