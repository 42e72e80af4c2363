using JobSystem.Api;
using JobSystem.Monitoring.SystemStatus;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.Monitoring.Alerts;

/// <summary>Evaluates the system every few seconds with the service's own key, and sends what has changed to the webhooks.</summary>
public sealed partial class AlertWatch(
    CanonicalReader api, SystemReports reports, AlertBoard board, AlertWebhooks webhooks, AlertTurn turn, IConfiguration configuration, IOptions<AlertOptions> options,
    IOptions<StatusOptions> limits, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<AlertWatch> logger) : BackgroundDuty
{
    static readonly TimeSpan recently = TimeSpan.FromMinutes(5);

    /// <summary>How many evaluations an instance may miss before another one tells in its place.</summary>
    const int MayMiss = 3;
    long? startedAt;
    bool hasStarted;

    protected override Task Begin(CancellationToken cancellationToken)
    {
        if (ApiCaller.ForService(configuration, cancellationToken) is null)
        {
            LogOff();
        }
        return Task.CompletedTask;
    }

    protected override async Task Wait(CancellationToken stoppingToken)
    {
        if (startedAt is null)
        {
            await HostHasStarted(stoppingToken);
            startedAt = time.GetTimestamp();
        }
        await Task.Delay(options.Value.Every, time, stoppingToken);
    }

    protected override Task Work(CancellationToken stoppingToken) =>
        ApiCaller.ForService(configuration, stoppingToken) is { } caller ? Evaluate(caller, stoppingToken) : Task.CompletedTask;

    async Task Evaluate(ApiCaller caller, CancellationToken stoppingToken)
    {
        var now = time.GetUtcNow();
        var recent = api.Get<HistorySeries>(caller, $"history?step=minute&from={now - recently:yyyy-MM-ddTHH:mm:ssZ}");
        var report = await reports.Read(caller);
        hasStarted = hasStarted || report.Status == HealthWords.Healthy
            || time.GetElapsedTime(startedAt!.Value) >= options.Value.Start;
        if (!hasStarted)
        {
            return;
        }
        var changes = board.Apply(AlertRules.Evaluate(report, await recent, options.Value, limits.Value), now);
        foreach (var change in changes)
        {
            Log(change);
        }
        await Tell(changes, stoppingToken);
        SystemGauges.Show(report, board.Now.Items);
    }

    /// <summary>Whoever takes the turn raises again what is still wrong: it cannot know what was told before.</summary>
    async Task Tell(IReadOnlyList<Alert> changes, CancellationToken stoppingToken)
    {
        var (isOurs, wasOurs) = await turn.Take(MayMiss * options.Value.Every, stoppingToken);
        foreach (var alert in !isOurs ? [] : wasOurs ? changes : board.Now.Items)
        {
            webhooks.Enqueue(alert);
        }
    }

    /// <summary>In a standalone process the API is served by this process, which does not listen before it has started.</summary>
    async Task HostHasStarted(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
    }

    void Log(Alert alert)
    {
        if (alert.ClearedAt is null)
        {
            LogRaised(alert.Severity, alert.Name, alert.Subject, alert.Message);
        }
        else
        {
            LogCleared(alert.Name, alert.Subject, alert.Since);
        }
    }

    [LoggerMessage(4001, LogLevel.Warning, "Alert raised ({Severity}): {Name} {Subject}: {Message}")]
    partial void LogRaised(string severity, string name, string? subject, string message);

    [LoggerMessage(4002, LogLevel.Information, "Alert cleared: {Name} {Subject}, raised at {Since}")]
    partial void LogCleared(string name, string? subject, DateTimeOffset since);

    [LoggerMessage(4003, LogLevel.Warning, "Alerts are disabled: JOBSYSTEM_ADMIN_KEY, the key for calling the API, is not set")]
    partial void LogOff();
}
