using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using MassTransit;

namespace JobSystem.JobApi.Attempts;

/// <summary>Makes events of the reports of a worker: those of the same attempt in order, those of different jobs concurrently.</summary>
public sealed partial class AttemptReports(JobEventProcessor processor, FollowUpAdmission followUps, DatabaseClock clock, ILogger<AttemptReports> logger)
{
    /// <summary>Processes reports from a bus message.</summary>
    public Task Process(ConsumeContext context, string worker, IReadOnlyList<AttemptReport> reports) => Process(context, worker, reports, (_, _) => { });

    /// <summary>Processes reports from a request.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="reports">What it reported.</param>
    /// <param name="decided">Called with the decision about each report, concurrently; not with reports that could not be stored.</param>
    /// <param name="cancellationToken">Stops the processing.</param>
    public Task Process(string worker, IReadOnlyList<AttemptReport> reports, Action<AttemptReport, Decision> decided, CancellationToken cancellationToken) =>
        processor.RunInProcess(context => Process(context, worker, reports, decided), cancellationToken);

    Task Process(ConsumeContext context, string worker, IReadOnlyList<AttemptReport> reports, Action<AttemptReport, Decision> decided) =>
        Task.WhenAll(reports.GroupBy(x => x.JobId).Select(async ofJob =>
        {
            foreach (var report in ofJob)
            {
                if (await RaiseOrFail(context, worker, report) is { } decision)
                {
                    decided(report, decision);
                }
            }
        }));

    /// <summary>
    /// If a report cannot be stored because of its content, its attempt is failed instead, so that it neither loops nor blocks other reports.
    /// </summary>
    async Task<Decision?> RaiseOrFail(ConsumeContext context, string worker, AttemptReport report)
    {
        try
        {
            return await Raise(context, worker, ReportSanitizer.Make(report, clock.UtcNow));
        }
        catch (Exception exception) when (IsItsOwn(exception))
        {
            LogUnstorable(exception, report.JobId, report.Attempt, report.Step);
            await Fail(context, worker, report, exception.Message);
            return null;
        }
    }

    async Task Fail(ConsumeContext context, string worker, AttemptReport report, string reason)
    {
        try
        {
            await processor.Raise(context, new AttemptFailed(report.JobId, report.Attempt, worker, new()
            {
                JobId = report.JobId,
                Attempt = report.Attempt,
                Step = AttemptStep.Failed,
                Retryable = false,
                Error = new() { Type = "unstorable_report", Message = $"The attempt's '{report.Step}' report could not be stored: {reason}" },
            }));
        }
        catch (Exception exception) when (IsItsOwn(exception))
        {
            // The attempt ends when its lease expires
            LogLost(exception, report.JobId, report.Attempt);
        }
    }

    static bool IsItsOwn(Exception exception) => exception is not (StoreUnavailableException or TimeoutException or OperationCanceledException);

    async Task<Decision?> Raise(ConsumeContext context, string worker, AttemptReport report)
    {
        var (job, attempt) = (report.JobId, report.Attempt);
        return report.Step switch
        {
            AttemptStep.Started => await processor.Raise(context, new AttemptStarted(job, attempt, worker, report)),
            AttemptStep.Progress => await processor.Raise(context, new AttemptProgressed(job, attempt, worker, report)),
            AttemptStep.Completed when report.FollowUps is { Count: > 0 } => await RaiseWithFollowUps(context, worker, report),
            AttemptStep.Completed => await processor.Raise(context, new AttemptCompleted(job, attempt, worker, report)),
            AttemptStep.Failed => await processor.Raise(context, new AttemptFailed(job, attempt, worker, report)),
            AttemptStep.TimedOut => await processor.Raise(context, new AttemptTimedOut(job, attempt, worker, report)),
            AttemptStep.Cancelled => await processor.Raise(context, new AttemptStopped(job, attempt, worker, report)),
            AttemptStep.Snoozed => await processor.Raise(context, new AttemptSnoozed(job, attempt, worker, report)),
            AttemptStep.Released => await processor.Raise(context, new AttemptReleased(job, attempt, worker, report)),
            _ => Skip(report),
        };
    }

    /// <summary>
    /// Follow-up jobs are admitted before the state machine is asked, because it does no I/O; they are inserted only if it takes the report. If one is refused,
    /// the attempt has failed.
    /// </summary>
    async Task<Decision> RaiseWithFollowUps(ConsumeContext context, string worker, AttemptReport report)
    {
        var admitted = await followUps.Admit(report, context.CancellationToken);
        if (admitted.Refusal is null)
        {
            return await processor.Raise(context, new AttemptCompleted(report.JobId, report.Attempt, worker, report, admitted.Jobs));
        }
        return await processor.Raise(context, new AttemptFailed(report.JobId, report.Attempt, worker, report with
        {
            Step = AttemptStep.Failed,
            Result = null,
            Error = new() { Type = "follow_up_refused", Message = admitted.Refusal, At = report.FinishedAt ?? default },
        }));
    }

    /// <summary>Report steps of a newer worker version are skipped, to process the rest of the message.</summary>
    Decision? Skip(AttemptReport report)
    {
        LogUnknown(report.Step, report.JobId, report.Attempt);
        return null;
    }

    [LoggerMessage(2141, LogLevel.Error, "Could not store report '{Step}' of job {JobId} attempt {Attempt}; the attempt is failed")]
    partial void LogUnstorable(Exception exception, Guid jobId, int attempt, string step);

    [LoggerMessage(2142, LogLevel.Warning, "Skipped unknown report '{Step}' of job {JobId} attempt {Attempt}")]
    partial void LogUnknown(string step, Guid jobId, int attempt);

    [LoggerMessage(2143, LogLevel.Error, "Could not fail job {JobId} attempt {Attempt} either; it ends when its lease expires")]
    partial void LogLost(Exception exception, Guid jobId, int attempt);
}
