using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>Stores the outcomes of scheduled jobs. After a failure, <see cref="RunReconciler"/> asks for them later.</summary>
public sealed class ScheduledJobsEndedConsumer(RunStore runs) : IConsumer<ScheduledJobsEnded>
{
    public Task Consume(ConsumeContext<ScheduledJobsEnded> context) =>
        runs.SaveEnds([.. context.Message.Items.Select(x => (x.JobId, x.Status, x.At))], context.CancellationToken);
}
