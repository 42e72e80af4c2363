using System.Globalization;
using System.Text.Json.Nodes;
using JobSystem.Api;
using JobSystem.ServiceDefaults.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>The state of the system: what the API and this process's own connections say, read once for one response.</summary>
public sealed class SystemReport
{
    const string Broker = "broker";
    public const string WorkerPrefix = "worker_";
    readonly List<Check> checks = [];

    public Reading<JobStats> Stats { get; private init; } = null!;
    public Reading<Listing<WorkerProcess>> Workers { get; private init; } = null!;
    public Reading<Listing<Queue>> Queues { get; private init; } = null!;

    /// <summary>The active schedule that runs next, and how many there are.</summary>
    public Reading<Page<Schedule>> Schedules { get; private init; } = null!;

    /// <summary>The running jobs that started first.</summary>
    public Reading<Page<Job>> Running { get; private init; } = null!;

    /// <summary>Running jobs that exceed their time limit although something should have ended them.</summary>
    public IReadOnlyList<Job> Stuck { get; private init; } = [];

    /// <summary>Null if the broker's management API is not known.</summary>
    public ErrorQueueReading? ErrorQueues { get; private init; }

    /// <summary>Queues in which jobs wait although no live worker serves them.</summary>
    public IReadOnlyList<string> Deserted { get; private set; } = [];

    /// <summary>Queues in which a job has waited too long, and the seconds that it has waited.</summary>
    public IReadOnlyList<(string Queue, double Age)> TooOld { get; private set; } = [];

    /// <summary>Seconds by which the next run is overdue.</summary>
    public double SchedulerLag { get; private set; }
    public DateTimeOffset At { get; private init; }
    public IReadOnlyList<Check> Checks => checks;

    public string Status =>
        Has(HealthWords.Unhealthy) ? HealthWords.Unhealthy : Has(HealthWords.Degraded) ? HealthWords.Degraded : HealthWords.Healthy;

    public string Message => Status == HealthWords.Healthy ? "Job system is healthy" : string.Join("; ", Faults().Select(x => $"{x.Name}: {x.Message}"));

    internal static async Task<SystemReport> Read(
        ApiCaller caller, CanonicalReader api, HealthCheckService own, ErrorQueues errorQueues, StatusOptions limits, TimeProvider time)
    {
        var stats = api.Get<JobStats>(caller, "jobs/stats");
        var workers = api.Get<Listing<WorkerProcess>>(caller, "workers?limit=1000");
        var queues = api.Get<Listing<Queue>>(caller, "queues?limit=1000");
        var schedules = api.Get<Page<Schedule>>(caller, "schedules?limit=1&status=active&order_by=next_run_at&order_dir=asc");
        var running = api.Get<Page<Job>>(caller, "jobs?status=running&limit=1000&order_by=started_at&order_dir=asc");
        var errors = errorQueues.Read(caller.Cancelled);
        var now = time.GetUtcNow();
        var report = new SystemReport
        {
            At = now,
            Stats = await stats,
            Workers = await workers,
            Queues = await queues,
            Schedules = await schedules,
            Running = await running,
            Stuck = [.. (await running).Items().Where(x => IsStuck(x, now, limits.StuckAfter))],
            ErrorQueues = await errors,
        };
        report.CheckDatabase();
        await report.CheckBroker(own, caller.Cancelled);
        report.CheckScheduler(limits.SchedulerLag);
        report.CheckWorkers();
        report.CheckQueues(limits.QueueAge);
        report.CheckStuck();
        report.CheckErrorQueues();
        return report;
    }

    static bool IsStuck(Job job, DateTimeOffset now, TimeSpan grace) =>
        job.StartedAt is { } started && now - started > TimeSpan.FromSeconds(Math.Min(job.Timeout, 1e9)) + grace;

    /// <summary>The checks that are not healthy, the worst first.</summary>
    IEnumerable<Check> Faults() => checks.Where(x => x.Status != HealthWords.Healthy).OrderBy(x => x.Status == HealthWords.Degraded);

    bool Has(string status) => checks.Any(x => x.Status == status);

    void Add(string name, bool isHealthy, string otherwise, string message, params (string Name, JsonNode? Value)[] details)
    {
        var figures = new JsonObject(details.Select(x => KeyValuePair.Create(x.Name, x.Value)));
        checks.Add(new(name, isHealthy ? HealthWords.Healthy : otherwise, message, new(figures.ToJsonString(JsonText.Options))));
    }

    void CheckDatabase()
    {
        if (Stats.Value is { } stats)
        {
            Add("database", true, HealthWords.Unhealthy, "Database is healthy", ("total_jobs", stats.TotalJobs));
        }
        else
        {
            Add("database", false, HealthWords.Unhealthy, Stats.Fault!);
        }
    }

    async Task CheckBroker(HealthCheckService own, CancellationToken cancellationToken)
    {
        var result = await own.CheckHealthAsync(x => x.Name == Broker, cancellationToken);
        var entry = result.Entries.Values.SingleOrDefault();
        var healthy = result.Status == HealthStatus.Healthy;
        var message = healthy ? "Broker is healthy" : entry.Exception?.Message ?? entry.Description ?? "It does not answer.";
        Add(Broker, healthy, HealthWords.Unhealthy, message);
    }

    void CheckScheduler(TimeSpan mostLag)
    {
        if (Schedules.Value is null)
        {
            Add("scheduler", false, HealthWords.Unhealthy, Schedules.Fault!);
            return;
        }
        var next = Schedules.Items().FirstOrDefault(x => x.NextRunAt is not null)?.NextRunAt;
        SchedulerLag = next is { } due ? Math.Max(0, (At - due).TotalSeconds) : 0;
        var late = SchedulerLag > mostLag.TotalSeconds;
        var message = late ? string.Create(CultureInfo.InvariantCulture, $"A schedule is {SchedulerLag:0} s late") : "Scheduler is healthy";
        Add("scheduler", !late, HealthWords.Unhealthy, message,
            ("active_schedules", Schedules.Total()), ("lag_seconds", Math.Round(SchedulerLag, 3)));
    }

    void CheckWorkers()
    {
        if (Workers.Value is null)
        {
            Add("workers", false, HealthWords.Unhealthy, Workers.Fault!);
            return;
        }
        var live = Workers.Items().Count(x => x.IsHealthy);
        var message = live > 0 ? "Workers are healthy" : "No worker is alive: nothing runs";
        Add("workers", live > 0, HealthWords.Unhealthy, message, ("live", live), ("known", Workers.Total()));
        // A worker that was started again under its name is not lost
        foreach (var worker in Workers.Items().OrderByDescending(x => x.IsHealthy).DistinctBy(x => x.Name))
        {
            Add($"{WorkerPrefix}{worker.Name}", worker.IsHealthy, HealthWords.Degraded,
                worker.IsHealthy ? "Worker is healthy" : "Worker is lost",
                ("jobs_processed", worker.Processed), ("uptime_seconds", worker.Uptime), ("status", worker.Status));
        }
    }

    void CheckQueues(TimeSpan mostAge)
    {
        if (Queues.Value is null)
        {
            Add("queues", false, HealthWords.Unhealthy, Queues.Fault!);
            return;
        }
        var waiting = Queues.Items().Where(x => x.Size > 0 && !x.IsPaused).ToList();
        Deserted = [.. waiting.Where(x => x.Workers == 0).Select(x => x.Name)];
        TooOld = [.. waiting.Select(x => (x.Name, Age: x.OldestAge ?? 0)).Where(x => x.Age > mostAge.TotalSeconds)];
        var message = (Deserted.Count, TooOld.Count) switch
        {
            (0, 0) => "Queues are healthy",
            ( > 0, _) => $"Jobs wait in queues that no live worker serves: {string.Join(", ", Deserted.Take(10))}",
            _ => string.Create(CultureInfo.InvariantCulture,
                $"Jobs have waited for more than {mostAge.TotalSeconds:0} s: {string.Join(", ", TooOld.Take(10).Select(x => x.Queue))}"),
        };
        Add("queues", Deserted.Count + TooOld.Count == 0, HealthWords.Degraded, message,
            ("queues", Queues.Total()), ("without_workers", Deserted.Count), ("too_old", TooOld.Count));
    }

    void CheckStuck() => Add("stuck_jobs", Stuck.Count == 0, HealthWords.Degraded,
        Stuck.Count == 0 ? "No job is stuck" : $"{Stuck.Count} jobs run for longer than they may", ("count", Stuck.Count));

    void CheckErrorQueues()
    {
        if (ErrorQueues is not { } reading)
        {
            return;
        }
        var message = reading.Fault ?? (reading.Queues.Count == 0
            ? "No message was left over"
            : $"Messages that no service could deal with are in {string.Join(", ", reading.Queues.Take(10).Select(x => x.Queue))}");
        Add("error_queues", reading.Fault is null && reading.Queues.Count == 0, HealthWords.Degraded, message,
            ("messages", reading.Queues.Sum(x => x.Messages)));
    }
}

/// <summary>Health of one part.</summary>
/// <param name="Details">Figures of the part: a JSON object.</param>
public sealed record Check(string Name, string Status, string Message, RawJson Details);
