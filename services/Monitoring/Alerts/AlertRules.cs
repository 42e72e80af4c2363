using System.Globalization;
using JobSystem.Api;
using JobSystem.Monitoring.SystemStatus;
using static JobSystem.Api.AlertNames;

namespace JobSystem.Monitoring.Alerts;

/// <summary>Evaluates a report.</summary>
public static class AlertRules
{
    /// <param name="recent">The history of the last minutes.</param>
    public static Findings Evaluate(SystemReport report, Reading<HistorySeries> recent, AlertOptions options, StatusOptions limits)
    {
        var evaluation = new Evaluation();
        evaluation.Add(Connections(report));
        evaluation.Add(report.Workers.Fault, [NoWorkers, WorkerLost], () => Workers(report));
        evaluation.Add(report.Queues.Fault, [QueueWithoutWorkers, QueueAge], () => Queues(report, limits));
        evaluation.Add(report.Running.Fault, [StuckJob], () => StuckJobs(report));
        evaluation.Add(report.ErrorQueues?.Fault, [AlertNames.ErrorQueue], () => ErrorQueues(report));
        evaluation.Add(report.Schedules.Fault, [SchedulerLag], () => LateScheduler(report, limits));
        // Without a database the schedules cannot be read either: that is no other finding
        evaluation.Add(report.Schedules.Fault is null ? null : report.Stats.Fault, [SchedulerDown], () => SilentScheduler(report));
        evaluation.Add(recent.Fault, [FailureRate], () => Failures(recent.Value!.Totals, options));
        return new(evaluation.Found, evaluation.Unknown);
    }

    static IEnumerable<Finding> Connections(SystemReport report) =>
        from rule in ((string Check, string Name)[])[("database", DatabaseDown), ("broker", BrokerDown)]
        from check in report.Checks
        where check.Name == rule.Check && check.Status == HealthWords.Unhealthy
        select new Finding(rule.Name, null, AlertSeverities.Critical, check.Message);

    static IEnumerable<Finding> Workers(SystemReport report)
    {
        var bad = report.Checks.Where(x => x.Status != HealthWords.Healthy).ToList();
        var none = bad.Where(x => x.Name == "workers").Select(x => new Finding(NoWorkers, null, AlertSeverities.Critical, x.Message, 0, 1));
        var lost = bad.Where(x => x.Name.StartsWith(SystemReport.WorkerPrefix, StringComparison.Ordinal)).Select(x => new Finding(
            WorkerLost, x.Name[SystemReport.WorkerPrefix.Length..], AlertSeverities.Warning, "The worker stopped sending heartbeats."));
        return none.Concat(lost);
    }

    static IEnumerable<Finding> Queues(SystemReport report, StatusOptions limits)
    {
        var deserted = report.Deserted.Select(x => new Finding(
            QueueWithoutWorkers, x, AlertSeverities.Warning, "Jobs wait, and no live worker serves the queue.", 0, 1));
        var old = report.TooOld.Select(x => new Finding(
            QueueAge, x.Queue, AlertSeverities.Warning, Text($"A job has waited for {x.Age:0} s."), Math.Round(x.Age, 3), limits.QueueAgeSeconds));
        return deserted.Concat(old);
    }

    static IEnumerable<Finding> StuckJobs(SystemReport report) => report.Stuck is [var first, ..]
        ? [new(StuckJob, null, AlertSeverities.Warning,
            $"{report.Stuck.Count} jobs run for longer than they may, the first of them {first.Id}.", report.Stuck.Count, 0)]
        : [];

    static IEnumerable<Finding> ErrorQueues(SystemReport report) => (report.ErrorQueues?.Queues ?? []).Select(x => new Finding(
        AlertNames.ErrorQueue, x.Queue, AlertSeverities.Warning, $"{x.Messages} messages wait that no service could deal with.", x.Messages, 0));

    static IEnumerable<Finding> LateScheduler(SystemReport report, StatusOptions limits) => report.SchedulerLag > limits.SchedulerLagSeconds
        ? [new(SchedulerLag, null, AlertSeverities.Critical,
            Text($"A schedule is {report.SchedulerLag:0} s late."), Math.Round(report.SchedulerLag, 3), limits.SchedulerLagSeconds)]
        : [];

    static IEnumerable<Finding> SilentScheduler(SystemReport report) => report.Schedules.Fault is { } fault
        ? [new(SchedulerDown, null, AlertSeverities.Critical, $"No scheduler answers: {fault}")]
        : [];

    static IEnumerable<Finding> Failures(HistoryTotals totals, AlertOptions options)
    {
        var ended = totals.AllFailed + totals.Completed;
        return ended >= options.FailureJobs && totals.AllFailed > options.FailureRate * ended
            ? [new(FailureRate, null, AlertSeverities.Warning,
                $"{totals.AllFailed} of {ended} jobs failed in the last five minutes.",
                Math.Round((double)totals.AllFailed / ended, 4), options.FailureRate)]
            : [];
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    sealed class Evaluation
    {
        readonly HashSet<string> unknown = [];
        readonly List<Finding> found = [];

        public IReadOnlyList<Finding> Found => found;
        public IReadOnlySet<string> Unknown => unknown;

        public void Add(IEnumerable<Finding> findings) => found.AddRange(findings);

        /// <param name="fault">Why the response that the rule needs is missing; null if it is there.</param>
        /// <param name="names">The alerts of the rule.</param>
        public void Add(string? fault, string[] names, Func<IEnumerable<Finding>> rule)
        {
            if (fault is null)
            {
                found.AddRange(rule());
            }
            else
            {
                unknown.UnionWith(names);
            }
        }
    }
}
