using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>What a <see cref="TaskContext"/> needs of a running attempt; tests of tasks have one without a bus.</summary>
interface IAttempt
{
    string WorkerId { get; }
    string? TraceParent { get; }
    ILogger Logger { get; }
    CancellationToken Token { get; }
    JobStopReason StopReason { get; }
    DateTimeOffset LeaseUntil { get; }
    void Progress(double percent, string? message);
}
