using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker;

/// <summary>
/// Settings of a worker. Each has a configuration key, usually an environment variable; values set in code take precedence.
/// </summary>
public sealed class JobWorkerOptions
{
    /// <summary>
    /// Name of the worker, stable over restarts, 1 to 100 characters: <c>JOBSYSTEM_WORKER_NAME</c>. Default: the machine's name.
    /// </summary>
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>Maximum number of concurrent attempts, 1 to 10,000: <c>JOBSYSTEM_SLOTS</c>. Default: 8.</summary>
    public int Slots { get; set; } = 8;

    /// <summary>
    /// Queues whose jobs the worker runs: <c>JOBSYSTEM_QUEUES</c>, comma-separated. Default: empty, which means all
    /// queues, including future ones.
    /// </summary>
    public IReadOnlyList<string> Queues { get; set; } = [];

    /// <summary>
    /// Interval of heartbeats, which renew leases: <c>JOBSYSTEM_RENEW_SECONDS</c>. Default: 3 s. If this is more than a third of a
    /// lease, a third of the lease is used.
    /// </summary>
    public TimeSpan Renew { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Time for which running attempts may continue when the worker stops: <c>JOBSYSTEM_DRAIN_SECONDS</c>. Default: 30 s.
    /// </summary>
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Time after which a task that ignores its cancelled token is written off and its slot is released:
    /// <c>JOBSYSTEM_CANCEL_GRACE_SECONDS</c>. Default: 30 s.
    /// </summary>
    public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether the control command <c>shutdown</c> stops the process. Default: true. Set it to false if the process also runs other
    /// services; the worker then refuses the command.
    /// </summary>
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
        Name is { Length: > 0 and <= 100 } && Slots is >= 1 and <= 10_000 && Renew > TimeSpan.Zero
        && Drain >= TimeSpan.Zero && CancelGrace >= TimeSpan.Zero;

    static double Number(IConfiguration configuration, string key, double fallback)
    {
        if (configuration[key] is not { Length: > 0 } text)
        {
            return fallback;
        }
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && Math.Abs(number) <= int.MaxValue;
        return isNumber
            ? number
            : throw new OptionsValidationException(
                nameof(JobWorkerOptions), typeof(JobWorkerOptions), [$"{key} is '{text}', but must be a number."]);
    }
}
