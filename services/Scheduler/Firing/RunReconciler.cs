using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using Quartz;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Repairs runs after lost messages: sends unconfirmed ones again, asks for the states of jobs whose end was not reported, and cancels jobs
/// that exist although their run was withdrawn.
/// </summary>
[DisallowConcurrentExecution]
public sealed partial class RunReconciler(
    RunStore runs, JobSender sender, JobApiClient jobApi, TimeProvider time, ILogger<RunReconciler> logger) : IJob
{
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    const int MaxRuns = 500;

    /// <summary>A small limit, because reserved runs contain job arguments and have to be sent soon.</summary>
    const int Batch = 50;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken)
    {
        try
        {
            await ResendUnsent(cancellationToken);
            await SettleOpen(cancellationToken);
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(failed.GetBaseException().Message);
        }
    }

    async Task ResendUnsent(CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < MaxRuns; sent += Batch)
        {
            var decidedAt = time.GetTimestamp();
            var unsent = await runs.ReserveUnsent(Batch, cancellationToken);
            if (!sender.TryEnqueue(unsent, decidedAt) || unsent.Sum(x => x.Runs.Count) < Batch)
            {
                return;
            }
        }
    }

    async Task SettleOpen(CancellationToken cancellationToken)
    {
        var open = await runs.ReserveUnsettled(MaxRuns, cancellationToken);
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
                await CancelWithdrawn(state, cancellationToken);
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
        await runs.SaveEnds(ends, cancellationToken);
    }

    async Task CancelWithdrawn(JobStateNow? job, CancellationToken cancellationToken)
    {
        if (job is not null && !JobStatus.IsFinal(job.Status))
        {
            await jobApi.Cancel(job.JobId, "its schedule was paused or deleted", cancellationToken);
        }
    }

    [LoggerMessage(3041, LogLevel.Warning, "Could not reconcile unfinished runs, retrying: {Reason}")]
    partial void LogFailed(string reason);
}
