using JobSystem.Scheduler.Storage;
using Microsoft.Extensions.Options;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>Removes runs after their retention.</summary>
[DisallowConcurrentExecution]
public sealed partial class RunRetention(RunStore runs, IOptions<SchedulerOptions> options, ILogger<RunRetention> logger) : IJob
{
    public static readonly TimeSpan Every = TimeSpan.FromHours(1);
    const int Batch = 1000;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            while (await runs.DeleteEnded(TimeSpan.FromDays(options.Value.RetentionDays), Batch, cancellationToken) == Batch)
            {
                // There may be more rows
            }
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(failed.GetBaseException().Message);
        }
    }

    [LoggerMessage(3051, LogLevel.Warning, "Could not remove runs past their retention: {Reason}")]
    partial void LogFailed(string reason);
}
