using System.Text.Json;
using JobSystem.Api;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>The running attempt as seen by <see cref="TaskContext"/>; can be implemented without a bus in tests of tasks.</summary>
interface IAttempt
{
    string WorkerId { get; }
    string? TraceParent { get; }
    ILogger Logger { get; }
    CancellationToken Token { get; }
    JobStopReason StopReason { get; }
    DateTimeOffset LeaseUntil { get; }
    FollowUpCollector FollowUps { get; }

    /// <summary>Enqueues a job now, and returns its id.</summary>
    Task<string> Enqueue(CreateJobRequest job, CancellationToken cancellationToken);
    void Progress(double percent, string? message);
    void Log(LogLevel level, string message, JsonElement? fields);
}
