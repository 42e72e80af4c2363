using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Brings runs to an end whose news got lost: sends again what nobody confirmed, asks about jobs whose end was not heard of, and
/// cancels a job that came into being although its run had been taken back.
/// </summary>
[DisallowConcurrentExecution]
public sealed partial class RunReconciler(RunStore runs, JobSender sender, JobApiClient jobApi, TimeProvider time, ILogger<RunReconciler> logger) : IJob
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    const int Most = 500;

    /// <summary>A small limit, because items contain job arguments and have to be sent soon.</summary>
    const int AtOnce = 50;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            await SendAgain(cancellationToken);
            await Ask(cancellationToken);
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(failed.GetBaseException().Message);
        }
    }

    async Task SendAgain(CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < Most; sent += AtOnce)
        {
            var decidedAt = time.GetTimestamp();
            var unsent = await runs.TakeUnsent(AtOnce, cancellationToken);
            if (!sender.TryEnqueue(unsent, decidedAt) || unsent.Sum(x => x.Runs.Count) < AtOnce)
            {
                return;
            }
        }
    }

    async Task Ask(CancellationToken cancellationToken)
    {
        var open = await runs.ToAskAbout(Most, cancellationToken);
        if (open.Count == 0)
        {
            return;
        }
        var states = await jobApi.States([.. open.Select(x => x.JobId)], cancellationToken);
        var ends = new List<(string, string, DateTimeOffset)>();
        foreach (var run in open)
        {
            var state = states.GetValueOrDefault(run.JobId);
            if (run.Outcome is not null)
            {
                await TakeBack(state, cancellationToken);
            }
            else if (state is null)
            {
                ends.Add((run.JobId, RunOutcome.Unknown, time.GetUtcNow()));
            }
            else if (JobStatus.IsFinal(state.Status))
            {
                ends.Add((run.JobId, state.Status, state.EndedAt ?? time.GetUtcNow()));
            }
        }
        await runs.Ended(ends, cancellationToken);
    }

    async Task TakeBack(JobStateNow? job, CancellationToken cancellationToken)
    {
        if (job is not null && !JobStatus.IsFinal(job.Status))
        {
            await jobApi.Cancel(job.JobId, "its schedule was paused or deleted", cancellationToken);
        }
    }

    [LoggerMessage(3041, LogLevel.Warning, "Could not reconcile unfinished runs, retrying: {Reason}")]
    partial void LogFailed(string reason);
}
