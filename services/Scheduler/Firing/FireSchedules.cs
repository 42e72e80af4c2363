using JobSystem.Scheduler.Storage;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// The firing loop: fires schedules when they are due. Quartz starts one every <see cref="Every"/> on any instance of the cluster. It runs
/// a little longer than that, so that at least one loop is always running. Loops can run concurrently, because each due schedule is locked.
/// </summary>
/// <remarks>Quartz stores the names of this class and of the other jobs in its tables, so they must not change.</remarks>
public sealed partial class FireSchedules(FiringPass pass, ScheduleStore store, TimeProvider time, ILogger<FireSchedules> logger) : IJob
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    static readonly TimeSpan length = Every + TimeSpan.FromSeconds(1);

    /// <summary>Maximum delay until this instance notices a schedule that another instance has created.</summary>
    static readonly TimeSpan maxPause = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan minPause = TimeSpan.FromMilliseconds(5);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < length)
        {
            try
            {
                var (now, due) = await store.NextDue(cancellationToken);
                if (due is null || due - now > maxPause)
                {
                    await Task.Delay(maxPause, time, cancellationToken);
                    continue;
                }
                await Task.Delay(due > now ? due.Value - now : TimeSpan.Zero, time, cancellationToken);
                await pass.Run(cancellationToken);
                await Task.Delay(minPause, time, cancellationToken);
            }
            catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(failed.GetBaseException().Message);
                await Task.Delay(maxPause, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(3021, LogLevel.Warning, "Firing pass failed, retrying: {Reason}")]
    partial void LogFailed(string reason);
}
