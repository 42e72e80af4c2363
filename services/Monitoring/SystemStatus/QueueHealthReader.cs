using JobSystem.Api;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Reads the health of one queue.</summary>
static class QueueHealthReader
{
    const int Sample = 100;
    static readonly TimeSpan lately = TimeSpan.FromMinutes(5);

    public static async Task<QueueHealth> Read(Queue queue, SystemReport report, ApiCaller caller, CanonicalReader api)
    {
        var since = Uri.EscapeDataString(Rfc3339.Format(report.At - lately));
        var endedQuery = $"status=completed,failed,timeout,cancelled,expired&created_after={since}&limit=1";
        var ended = api.Get<Page<Job>>(caller, $"jobs?queue_name={queue.Name}&{endedQuery}");
        var latest = api.Get<Page<Job>>(caller, $"jobs?queue_name={queue.Name}&status=completed&limit={Sample}");
        var perMinute = (await ended).Total() / lately.TotalMinutes;
        var durations = (await latest).Items().Select(x => x.Duration).OfType<double>().ToList();
        var stuck = report.Stuck.Where(x => x.QueueName == queue.Name).Select(x => x.Id).ToList();
        var runners = report.Workers.Items().Where(x => x.Queues.Contains(queue.Name)).ToList();
        var active = runners.Count(x => x.IsHealthy);
        var alerts = Alerts(queue, active, stuck.Count).ToList();
        return new()
        {
            Channel = queue.Name,
            Status = active == 0 && queue.Size > 0 ? HealthWords.Unhealthy : alerts.Count > 0 ? HealthWords.Degraded : HealthWords.Healthy,
            Messages = new()
            {
                Total = queue.Size + queue.Running + queue.Scheduled,
                Unclaimed = queue.Size,
                Pending = queue.Running,
                Scheduled = queue.Scheduled,
                Stuck = stuck.Count,
            },
            Runners = new() { Active = active, Total = runners.Count },
            StuckJobs = stuck,
            Alerts = alerts,
            Metrics = new()
            {
                JobsPerMinute = Math.Round(perMinute, 1),
                SuccessRate = SuccessRate(report, queue.Name),
                AvgDurationMs = durations.Count == 0 ? 0 : Math.Round(1000 * durations.Average(), 1),
            },
        };
    }

    static IEnumerable<string> Alerts(Queue queue, int active, int stuck)
    {
        if (active == 0 && queue.Size > 0)
        {
            yield return $"{queue.Size} jobs wait and no runner serves the channel";
        }
        if (stuck > 0)
        {
            yield return $"{stuck} jobs run for longer than they may";
        }
        if (queue.IsPaused && queue.Size > 0)
        {
            yield return $"The channel is paused while {queue.Size} jobs wait";
        }
    }

    /// <summary>Percent of the jobs that ended by themselves; 100 if none ended.</summary>
    static double SuccessRate(SystemReport report, string queue)
    {
        if (report.Stats.Value is not { } stats || !stats.ByQueue.TryGetValue(queue, out var counts))
        {
            return 100;
        }
        var ended = counts.CompletedJobs + counts.FailedJobs;
        return ended == 0 ? 100 : Math.Round(100.0 * counts.CompletedJobs / ended, 2);
    }
}
