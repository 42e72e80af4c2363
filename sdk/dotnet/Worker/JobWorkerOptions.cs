using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker;

/// <summary>Settings of a worker. Each has one environment variable (or configuration key); code that sets the property afterwards wins.</summary>
public sealed class JobWorkerOptions
{
    /// <summary>The name that people know the worker by, stable over restarts: <c>JOBSYSTEM_WORKER_NAME</c>. Default: the machine's name.</summary>
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>Attempts that may run at once, 1 to 10,000: <c>JOBSYSTEM_SLOTS</c>. Default: 8.</summary>
    public int Slots { get; set; } = 8;

    /// <summary>Queues to take jobs from: <c>JOBSYSTEM_QUEUES</c>, separated by commas. Default: none named, which means all, also those that come into being later.</summary>
    public IReadOnlyList<string> Queues { get; set; } = [];

    /// <summary>How often leases are renewed; never less than three times in a lease, whatever this says: <c>JOBSYSTEM_RENEW_SECONDS</c>. Default: 3 s.</summary>
    public TimeSpan Renew { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How long running attempts may go on when the worker is asked to stop: <c>JOBSYSTEM_DRAIN_SECONDS</c>. Default: 30 s.</summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A task that ignores its token for this long is written off and its slot given away: <c>JOBSYSTEM_CANCEL_GRACE_SECONDS</c>. Default: 30 s.</summary>
    public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a shutdown that is asked for over the bus ends the process. False for a worker beside other services: it refuses. Default: true.</summary>
    public bool MayEndProcess { get; set; } = true;

    /// <summary>The tasks that the worker can run.</summary>
    public JobTasks Tasks { get; } = new();

    internal void Read(IConfiguration configuration)
    {
        Name = configuration["JOBSYSTEM_WORKER_NAME"] is { Length: > 0 } name ? name : Name;
        Slots = (int)Number(configuration, "JOBSYSTEM_SLOTS", Slots);
        ReadQueues(configuration);
        Renew = TimeSpan.FromSeconds(Number(configuration, "JOBSYSTEM_RENEW_SECONDS", Renew.TotalSeconds));
        Drain = TimeSpan.FromSeconds(Number(configuration, "JOBSYSTEM_DRAIN_SECONDS", Drain.TotalSeconds));
        CancelGrace = TimeSpan.FromSeconds(Number(configuration, "JOBSYSTEM_CANCEL_GRACE_SECONDS", CancelGrace.TotalSeconds));
    }

    internal void ReadQueues(IConfiguration configuration) => Queues = configuration["JOBSYSTEM_QUEUES"] is { } queues
        ? queues.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : Queues;

    internal bool IsValid() =>
        Name is { Length: > 0 and <= 100 } && Slots is >= 1 and <= 10_000 && Renew > TimeSpan.Zero && Drain >= TimeSpan.Zero && CancelGrace >= TimeSpan.Zero;

    static double Number(IConfiguration configuration, string key, double otherwise) =>
        configuration[key] is not { Length: > 0 } text ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) <= int.MaxValue ? number
        : throw new OptionsValidationException(nameof(JobWorkerOptions), typeof(JobWorkerOptions), [$"{key} is '{text}', but must be a number."]);
}
