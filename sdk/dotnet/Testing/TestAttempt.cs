using System.Text.Json;
using JobSystem.Api;
using JobSystem.Client.Enqueueing;
using JobSystem.Worker;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using Microsoft.Extensions.Logging;

namespace JobSystem.Testing;

/// <summary>An attempt that keeps what the task does.</summary>
sealed class TestAttempt : IAttempt, IDisposable
{
    readonly Lock sync = new();
    readonly List<(double, string?)> progress = [];
    readonly List<(LogLevel, string)> lines = [];
    readonly List<CreateJobRequest> enqueued = [];
    readonly EnqueuedIds ids;
    readonly CancellationTokenSource limit;
    readonly CancellationTokenSource stop;
    readonly CancellationToken cancelled;

    public TestAttempt(AttemptKey key, TimeSpan timeout, JobWriter writer, ILogger logger, EnqueuedIds ids, TimeProvider time, CancellationToken cancelled)
    {
        (this.ids, this.cancelled) = (ids, cancelled);
        limit = new(timeout, time);
        stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancelled);
        (Logger, FollowUps, LeaseUntil) = (logger, new(key, writer), time.GetUtcNow() + timeout);
    }

    public string WorkerId => "test";
    public string? TraceParent => System.Diagnostics.Activity.Current?.Id;
    public ILogger Logger { get; }
    public CancellationToken Token => stop.Token;
    public DateTimeOffset LeaseUntil { get; }
    public FollowUpCollector FollowUps { get; }

    public JobStopReason StopReason =>
        limit.IsCancellationRequested ? JobStopReason.TimedOut : cancelled.IsCancellationRequested ? JobStopReason.CancelRequested : JobStopReason.None;

    public IReadOnlyList<(double Percent, string? Message)> Reported
    {
        get { lock (sync) { return [.. progress]; } }
    }

    public IReadOnlyList<(LogLevel Level, string Message)> Lines
    {
        get { lock (sync) { return [.. lines]; } }
    }

    public IReadOnlyList<CreateJobRequest> Enqueued
    {
        get { lock (sync) { return [.. enqueued]; } }
    }

    public Task<string> Enqueue(CreateJobRequest job, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        FollowUpCollector.Write(job);
        var (id, isNew) = ids.Add(job);
        if (isNew)
        {
            lock (sync)
            {
                enqueued.Add(job);
            }
        }
        return Task.FromResult(id);
    }

    public void Progress(double percent, string? message)
    {
        lock (sync)
        {
            progress.Add((percent, message));
        }
    }

    public void Log(LogLevel level, string message, JsonElement? fields)
    {
        lock (sync)
        {
            lines.Add((level, message));
        }
    }

    public void Dispose()
    {
        stop.Dispose();
        limit.Dispose();
    }
}
