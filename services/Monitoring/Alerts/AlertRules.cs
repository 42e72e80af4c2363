using System.Globalization;
using JobSystem.Monitoring.SystemStatus;
using static JobSystem.Monitoring.Alerts.AlertNames;

namespace JobSystem.Monitoring.Alerts;

/// <summary>What is wrong, and which alerts nothing can be said about because the answer to the question is missing.</summary>
public sealed record Findings(IReadOnlyList<Finding> All, IReadOnlySet<string> Unknown);

/// <summary>Makes findings of a report.</summary>
public static class AlertRules
{
    /// <param name="recent">The history of the last minutes.</param>
    public static Findings Evaluate(SystemReport report, Reading recent, AlertOptions options, StatusOptions limits)
    {
        var all = new List<Finding>();
        var unknown = new HashSet<string>();
        foreach (var (check, name) in ((string, string)[])[("database", DatabaseDown), ("broker", BrokerDown)])
        {
            all.AddRange(report.Checks.Where(x => x.Name == check && x.Status == Health.Unhealthy).Select(x => new Finding(name, null, Finding.Critical, x.Message)));
        }
        Known(report.Workers.Fault, [NoWorkers, WorkerLost], () =>
        {
            var checks = report.Checks.Where(x => x.Status != Health.Healthy).ToList();
            all.AddRange(checks.Where(x => x.Name == "workers").Select(x => new Finding(NoWorkers, null, Finding.Critical, x.Message, 0, 1)));
            all.AddRange(checks.Where(x => x.Name.StartsWith(SystemReport.WorkerPrefix, StringComparison.Ordinal))
                .Select(x => new Finding(WorkerLost, x.Name[SystemReport.WorkerPrefix.Length..], Finding.Warning, "The worker stopped sending heartbeats.")));
        });
        Known(report.Queues.Fault, [QueueWithoutWorkers, QueueAge], () =>
        {
            all.AddRange(report.Deserted.Select(x => new Finding(QueueWithoutWorkers, x, Finding.Warning, "Jobs wait, and no live worker serves the queue.", 0, 1)));
            all.AddRange(report.TooOld.Select(x => new Finding(QueueAge, x.Queue, Finding.Warning, Text($"A job has waited for {x.Age:0} s."), Math.Round(x.Age, 3), limits.QueueAgeSeconds)));
        });
        Known(report.Running.Fault, [StuckJob], () =>
        {
            if (report.Stuck is [var first, ..])
            {
                all.Add(new(StuckJob, null, Finding.Warning, Text($"{report.Stuck.Count} jobs run for longer than they may, the first of them {first.GetProperty("id"u8).GetString()}."), report.Stuck.Count, 0));
            }
        });
        Known(report.ErrorQueues?.Fault, [AlertNames.ErrorQueue], () =>
            all.AddRange((report.ErrorQueues?.Queues ?? []).Select(x => new Finding(AlertNames.ErrorQueue, x.Queue, Finding.Warning, Text($"{x.Messages} messages wait that no service could deal with."), x.Messages, 0))));
        Scheduler();
        Known(recent.Fault, [FailureRate], () =>
        {
            var totals = recent.Json!.Value.GetProperty("totals"u8);
            var failed = totals.GetProperty("failed"u8).GetInt64() + totals.GetProperty("timeout"u8).GetInt64();
            var ended = failed + totals.GetProperty("completed"u8).GetInt64();
            if (ended >= options.FailureJobs && failed > options.FailureRate * ended)
            {
                all.Add(new(FailureRate, null, Finding.Warning, $"{failed} of {ended} jobs failed in the last five minutes.", Math.Round((double)failed / ended, 4), options.FailureRate));
            }
        });
        return new(all, unknown);

        void Known(string? fault, string[] names, Action evaluate)
        {
            if (fault is not null)
            {
                unknown.UnionWith(names);
                return;
            }
            evaluate();
        }

        // Without a database the schedules cannot be read either, which is no news
        void Scheduler()
        {
            if (report.Schedules.Json is not null)
            {
                if (report.SchedulerLag > limits.SchedulerLagSeconds)
                {
                    all.Add(new(SchedulerLag, null, Finding.Critical, Text($"A schedule is {report.SchedulerLag:0} s late."), Math.Round(report.SchedulerLag, 3), limits.SchedulerLagSeconds));
                }
                return;
            }
            unknown.Add(SchedulerLag);
            if (report.Stats.Json is null)
            {
                unknown.Add(SchedulerDown);
                return;
            }
            all.Add(new(SchedulerDown, null, Finding.Critical, $"No scheduler answers: {report.Schedules.Fault}"));
        }
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
