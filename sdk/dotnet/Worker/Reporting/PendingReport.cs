using System.Text.Json;
using JobSystem.Contracts;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Reporting;

/// <summary>
/// What has happened to one attempt since its last report. The attempt ends exactly once; later progress and log lines are ignored.
/// </summary>
/// <param name="key">The attempt.</param>
/// <param name="leaseLeft">Returns the time until the attempt's lease expires; negative after that.</param>
sealed class PendingReport(AttemptKey key, Func<TimeSpan> leaseLeft)
{
    const int MaxProgressMessage = 1000;

    readonly Lock sync = new();
    DateTimeOffset? startedAt;
    bool startReported;
    (double Percent, string? Message)? progress;
    JobLog? log;
    AttemptReport? end;
    bool endTaken;
    bool isQueued;
    volatile bool isSilenced;
    readonly TaskCompletionSource startDelivered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AttemptKey Key => key;

    public TimeSpan LeaseLeft => leaseLeft();

    /// <summary>The step with which the attempt ended; null while it runs.</summary>
    public string? EndStep => end?.Step;

    public bool HasUnreportedStart => startedAt is not null && !startReported && end is null;

    /// <summary>True if nothing is reported any more, because another worker owns the job.</summary>
    public bool IsSilenced => isSilenced;

    /// <summary>Completes when the broker has confirmed a report that says that the attempt has started.</summary>
    public Task StartDelivered => startDelivered.Task;

    public bool IsStartDelivered => startDelivered.Task.IsCompleted;

    /// <summary>The broker has confirmed a report of the attempt. Every report says that it has started.</summary>
    public void SetDelivered() => startDelivered.TrySetResult();

    public void Silence() => isSilenced = true;

    public void SetStarted(DateTimeOffset at)
    {
        lock (sync)
        {
            startedAt = at;
        }
    }

    /// <summary>Sets the latest progress. Returns false if the attempt has ended.</summary>
    public bool TrySetProgress(double percent, string? message)
    {
        lock (sync)
        {
            if (end is not null)
            {
                return false;
            }
            progress = (percent, message is null ? null : UserCodeText.Shorten(message, MaxProgressMessage));
            return true;
        }
    }

    /// <summary>Adds a log line. Returns true if it is the first one that has not been sent.</summary>
    /// <param name="at">When it was written.</param>
    /// <param name="level">Its level.</param>
    /// <param name="message">Its text.</param>
    /// <param name="fields">Structured values, from <see cref="LogFields"/>.</param>
    public bool AddLogLine(DateTimeOffset at, LogLevel level, string message, JsonElement? fields)
    {
        JobLog lines;
        lock (sync)
        {
            if (end is not null)
            {
                return false;
            }
            lines = log ??= new();
        }
        return lines.Add(at, level, message, fields);
    }

    /// <summary>Ends the attempt with its last report. Returns false if it has ended before.</summary>
    public bool TryEnd(AttemptReport report)
    {
        lock (sync)
        {
            if (end is not null)
            {
                return false;
            }
            end = report;
            log?.Close();
            return true;
        }
    }

    /// <summary>Returns true if no report has been scheduled since the last <see cref="TakeReport"/>.</summary>
    public bool TryQueue()
    {
        lock (sync)
        {
            return !isQueued && (isQueued = true);
        }
    }

    /// <summary>Returns everything since the last report as one step; null if there is nothing new.</summary>
    public AttemptReport? TakeReport()
    {
        lock (sync)
        {
            isQueued = false;
            if (isSilenced || endTaken)
            {
                return null;
            }
            var (latest, lines) = (progress, log?.TakeLines());
            progress = null;
            var report = end ?? NewStep(startReported ? AttemptStep.Progress : AttemptStep.Started);
            if (report.Step == AttemptStep.Progress && latest is null && lines is null)
            {
                return null;
            }
            (startReported, endTaken) = (true, end is not null);
            return report with { StartedAt = startedAt, Progress = latest?.Percent, Message = latest?.Message, Logs = lines };
        }
    }

    /// <summary>Restores the content of a report that could not be sent.</summary>
    public void PutBack(AttemptReport report)
    {
        lock (sync)
        {
            endTaken &= report.Step != end?.Step;
            startReported &= report.Step != AttemptStep.Started;
            progress ??= report.Progress is { } percent ? (percent, report.Message) : null;
            if (report.Logs is { } lines)
            {
                (log ??= new()).PutBack(lines);
            }
        }
    }

    AttemptReport NewStep(string step) => new() { JobId = key.JobId, Attempt = key.Attempt, Step = step };
}
