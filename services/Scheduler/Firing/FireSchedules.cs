using JobSystem.Scheduler.Storage;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// One shift of firing. Quartz starts a shift every <see cref="Every"/>, on whichever instance of the cluster takes it; a shift is a little
/// longer, so that there is always somebody at work. Passes of two shifts do not disturb each other.
/// </summary>
public sealed partial class FireSchedules(FiringPass pass, ScheduleStore store, TimeProvider time, ILogger<FireSchedules> logger) : IJob
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    static readonly TimeSpan length = Every + TimeSpan.FromSeconds(1);

    /// <summary>How long a schedule that another instance has just made may go unnoticed.</summary>
    static readonly TimeSpan longestPause = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan shortestPause = TimeSpan.FromMilliseconds(5);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < length)
        {
            try
            {
                var (now, due) = await store.NextDue(cancellationToken);
                if (due is null || due - now > longestPause)
                {
                    await Task.Delay(longestPause, time, cancellationToken);
                    continue;
                }
                await Task.Delay(due > now ? due.Value - now : TimeSpan.Zero, time, cancellationToken);
                await pass.Run(cancellationToken);
                await Task.Delay(shortestPause, time, cancellationToken);
            }
            catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(failed.GetBaseException().Message);
                await Task.Delay(longestPause, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(3021, LogLevel.Warning, "Firing pass failed, retrying: {Reason}")]
    partial void LogFailed(string reason);
}
