using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>Notes how the jobs of schedules ended. What fails here is asked for later (<see cref="RunReconciler"/>).</summary>
public sealed class ScheduledJobsEndedConsumer(RunStore runs) : IConsumer<ScheduledJobsEnded>
{
    public Task Consume(ConsumeContext<ScheduledJobsEnded> context) =>
        runs.Ended([.. context.Message.Items.Select(x => (x.JobId, x.Status, x.At))], context.CancellationToken);
}
