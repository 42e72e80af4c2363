using JobSystem.Contracts;
using JobSystem.JobApi.Attempts;
using JobSystem.JobApi.Diagnostics;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Handles the reports of a worker.</summary>
public sealed class ReportAttemptsConsumer(AttemptReports reports) : IConsumer<ReportAttempts>
{
    public async Task Consume(ConsumeContext<ReportAttempts> context)
    {
        await reports.Process(context, context.Message.WorkerId, context.Message.Items);
        Failpoint.Hit("after_report_before_ack");
    }
}
