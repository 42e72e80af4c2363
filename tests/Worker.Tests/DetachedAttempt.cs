using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.Worker.Running;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace JobSystem.Worker.Tests;

/// <summary>An attempt without a worker around it: enough to call a task.</summary>
sealed class DetachedAttempt : IAttempt
{
    public string WorkerId => "worker-1";
    public string? TraceParent { get; init; }
    public ILogger Logger => NullLogger.Instance;
    public CancellationToken Token { get; init; }
    public JobStopReason StopReason => JobStopReason.None;
    public DateTimeOffset LeaseUntil => DateTimeOffset.UnixEpoch;
    public FollowUpCollector FollowUps { get; } = new(new(Guid.CreateVersion7(), 1), new(new(), null));
    public List<(double Percent, string? Message)> Reported { get; } = [];

    public Task<string> Enqueue(CreateJobRequest job, CancellationToken cancellationToken) => throw new NotSupportedException();

    public void Progress(double percent, string? message) => Reported.Add((percent, message));

    public void Log(LogLevel level, string message, JsonElement? fields)
    {
        // Nobody reads it
    }

    public static TaskContext Context(string? args = null, string? kwargs = null, int attempt = 1, DetachedAttempt? on = null) =>
        new(Grant(args, kwargs, attempt), on ?? new());

    public static GrantedAttempt Grant(string? args = null, string? kwargs = null, int attempt = 1) => new()
    {
        JobId = Guid.CreateVersion7(),
        Attempt = attempt,
        TaskName = "task",
        QueueName = "default",
        Priority = 2,
        ReadyAt = DateTimeOffset.UnixEpoch,
        Args = args is null ? null : JsonElement.Parse(args),
        Kwargs = kwargs is null ? null : JsonElement.Parse(kwargs),
        Timeout = 300,
        MaxRetries = 3,
        RetryCount = 0,
        Owner = "tester",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Lease = 30,
    };
}
