using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>The system as it is now: what the API and this process's own connections say, read once for one answer.</summary>
public sealed class SystemReport
{
    const string Broker = "broker";
    public const string WorkerPrefix = "worker_";
    readonly List<Check> checks = [];

    public Reading Stats { get; private init; } = null!;
    public Reading Workers { get; private init; } = null!;
    public Reading Queues { get; private init; } = null!;
    public Reading Schedules { get; private init; } = null!;

    /// <summary>Running for longer than they may, although somebody should have ended them.</summary>
    public IReadOnlyList<JsonElement> Stuck { get; private init; } = [];
    public Reading Running { get; private init; } = null!;

    /// <summary>Null when nobody can be asked.</summary>
    public ErrorQueueReading? ErrorQueues { get; private init; }

    /// <summary>Queues in which jobs wait although no live worker serves them.</summary>
    public IReadOnlyList<string> Deserted { get; private set; } = [];

    /// <summary>Queues in which a job has waited for too long, and the seconds that it has.</summary>
    public IReadOnlyList<(string Queue, double Age)> TooOld { get; private set; } = [];

    /// <summary>Seconds by which the latest schedule is late.</summary>
    public double SchedulerLag { get; private set; }
    public DateTimeOffset At { get; private init; }
    public IReadOnlyList<Check> Checks => checks;

    public string Status => checks.Any(x => x.Status == Health.Unhealthy) ? Health.Unhealthy : checks.Any(x => x.Status == Health.Degraded) ? Health.Degraded : Health.Healthy;

    public string Message => Status == Health.Healthy
        ? "Job system is healthy"
        : string.Join("; ", checks.Where(x => x.Status != Health.Healthy).OrderBy(x => x.Status == Health.Degraded).Select(x => $"{x.Name}: {x.Message}"));

    internal static async Task<SystemReport> Read(ApiCaller caller, CanonicalReader api, HealthCheckService own, ErrorQueues errorQueues, StatusOptions limits, TimeProvider time)
    {
        var (stats, workers, queues) = (api.Get(caller, "jobs/stats"), api.Get(caller, "workers?limit=1000"), api.Get(caller, "queues?limit=1000"));
        var schedules = api.Get(caller, "schedules?limit=1&status=active&order_by=next_run_at&order_dir=asc");
        var running = api.Get(caller, "jobs?status=running&limit=1000&order_by=started_at&order_dir=asc");
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
            Stuck = [.. (await running).Items.Where(x => IsStuck(x, now, limits.StuckAfter))],
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

    static bool IsStuck(JsonElement job, DateTimeOffset now, TimeSpan grace) =>
        job.GetProperty("started_at"u8) is { ValueKind: JsonValueKind.String } started
        && now - started.GetDateTimeOffset() > TimeSpan.FromSeconds(Math.Min(job.GetProperty("timeout"u8).GetDouble(), 1e9)) + grace;

    void Add(string name, string status, string message, params (string Name, object? Value)[] details) => checks.Add(new(name, status, message, details));

    void CheckDatabase()
    {
        if (Stats.Json is { } stats)
        {
            Add("database", Health.Healthy, "Database is healthy", ("total_jobs", stats.GetProperty("total_jobs"u8).GetInt64()));
        }
        else
        {
            Add("database", Health.Unhealthy, Stats.Fault!);
        }
    }

    async Task CheckBroker(HealthCheckService own, CancellationToken cancellationToken)
    {
        var result = await own.CheckHealthAsync(x => x.Name == Broker, cancellationToken);
        var entry = result.Entries.Values.SingleOrDefault();
        var healthy = result.Status == HealthStatus.Healthy;
        Add(Broker, healthy ? Health.Healthy : Health.Unhealthy, healthy ? "Broker is healthy" : entry.Exception?.Message ?? entry.Description ?? "It does not answer.");
    }

    void CheckScheduler(TimeSpan mostLag)
    {
        if (Schedules.Json is null)
        {
            Add("scheduler", Health.Unhealthy, Schedules.Fault!);
            return;
        }
        var next = Schedules.Items.Select(x => x.GetProperty("next_run_at"u8)).FirstOrDefault(x => x.ValueKind == JsonValueKind.String);
        SchedulerLag = next.ValueKind == JsonValueKind.String ? Math.Max(0, (At - next.GetDateTimeOffset()).TotalSeconds) : 0;
        var late = SchedulerLag > mostLag.TotalSeconds;
        Add("scheduler", late ? Health.Unhealthy : Health.Healthy,
            late ? string.Create(CultureInfo.InvariantCulture, $"A schedule is {SchedulerLag:0} s late") : "Scheduler is healthy", ("active_schedules", Schedules.Total), ("lag_seconds", Math.Round(SchedulerLag, 3)));
    }

    void CheckWorkers()
    {
        if (Workers.Json is null)
        {
            Add("workers", Health.Unhealthy, Workers.Fault!);
            return;
        }
        var live = Workers.Items.Count(x => x.GetProperty("is_healthy"u8).GetBoolean());
        Add("workers", live > 0 ? Health.Healthy : Health.Unhealthy, live > 0 ? "Workers are healthy" : "No worker is alive: nothing runs", ("live", live), ("known", Workers.Total));
        // A worker that came back under its name is not lost
        foreach (var worker in Workers.Items.OrderByDescending(x => x.GetProperty("is_healthy"u8).GetBoolean()).DistinctBy(Name))
        {
            var healthy = worker.GetProperty("is_healthy"u8).GetBoolean();
            Add($"{WorkerPrefix}{Name(worker)}", healthy ? Health.Healthy : Health.Degraded, healthy ? "Worker is healthy" : "Worker is lost",
                ("jobs_processed", worker.GetProperty("processed"u8).GetInt64()), ("uptime_seconds", worker.GetProperty("uptime"u8).GetDouble()), ("status", worker.GetProperty("status"u8).GetString()));
        }
    }

    void CheckQueues(TimeSpan mostAge)
    {
        if (Queues.Json is null)
        {
            Add("queues", Health.Unhealthy, Queues.Fault!);
            return;
        }
        var waiting = Queues.Items.Where(x => x.GetProperty("size"u8).GetInt64() > 0 && !x.GetProperty("is_paused"u8).GetBoolean()).ToList();
        Deserted = [.. waiting.Where(x => x.GetProperty("workers"u8).GetInt32() == 0).Select(Name)];
        TooOld = [.. waiting.Select(x => (Queue: Name(x), Age: x.GetProperty("oldest_age"u8) is { ValueKind: JsonValueKind.Number } age ? age.GetDouble() : 0)).Where(x => x.Age > mostAge.TotalSeconds)];
        var message = (Deserted.Count, TooOld.Count) switch
        {
            (0, 0) => "Queues are healthy",
            ( > 0, _) => $"Jobs wait in queues that no live worker serves: {string.Join(", ", Deserted.Take(10))}",
            _ => string.Create(CultureInfo.InvariantCulture, $"Jobs have waited for more than {mostAge.TotalSeconds:0} s: {string.Join(", ", TooOld.Take(10).Select(x => x.Queue))}"),
        };
        Add("queues", Deserted.Count + TooOld.Count == 0 ? Health.Healthy : Health.Degraded, message, ("queues", Queues.Total), ("without_workers", Deserted.Count), ("too_old", TooOld.Count));
    }

    void CheckStuck() => Add("stuck_jobs", Stuck.Count == 0 ? Health.Healthy : Health.Degraded,
        Stuck.Count == 0 ? "No job is stuck" : $"{Stuck.Count} jobs run for longer than they may", ("count", Stuck.Count));

    void CheckErrorQueues()
    {
        if (ErrorQueues is not { } reading)
        {
            return;
        }
        var message = reading.Fault ?? (reading.Queues.Count == 0 ? "No message was left over" : $"Messages that no service could deal with are in {string.Join(", ", reading.Queues.Take(10).Select(x => x.Queue))}");
        Add("error_queues", reading.Fault is null && reading.Queues.Count == 0 ? Health.Healthy : Health.Degraded, message, ("messages", reading.Queues.Sum(x => x.Messages)));
    }

    static string Name(JsonElement item) => item.GetProperty("name"u8).GetString()!;
}

/// <summary>One thing that was looked at.</summary>
public sealed record Check(string Name, string Status, string Message, IReadOnlyList<(string Name, object? Value)> Details);

static class Health
{
    public const string Healthy = "healthy";
    public const string Degraded = "degraded";
    public const string Unhealthy = "unhealthy";
}
