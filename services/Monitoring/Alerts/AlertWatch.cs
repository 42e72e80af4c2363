using JobSystem.Monitoring.SystemStatus;
using Microsoft.Extensions.Options;

namespace JobSystem.Monitoring.Alerts;

/// <summary>Looks at the system every few seconds with the service's own key, and tells the webhooks what has changed.</summary>
public sealed partial class AlertWatch(
    CanonicalReader api, SystemReports reports, AlertBoard board, AlertWebhooks webhooks, IConfiguration configuration, IOptions<AlertOptions> options, IOptions<StatusOptions> limits, TimeProvider time,
    IHostApplicationLifetime lifetime, ILogger<AlertWatch> logger) : BackgroundService
{
    static readonly TimeSpan recently = TimeSpan.FromMinutes(5);
    long startedAt;
    bool hasStarted;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (ApiCaller.Service(configuration, stoppingToken) is not { } caller)
        {
            LogOff();
            return;
        }
        await HostHasStarted(stoppingToken);
        startedAt = time.GetTimestamp();
        using var timer = new PeriodicTimer(options.Value.Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await Look(caller);
            }
            catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failed);
            }
        }
    }

    async Task Look(ApiCaller caller)
    {
        var now = time.GetUtcNow();
        var recent = api.Get(caller, $"history?step=minute&from={now - recently:yyyy-MM-ddTHH:mm:ssZ}");
        var report = await reports.Read(caller);
        hasStarted = hasStarted || report.Status == Health.Healthy || time.GetElapsedTime(startedAt) >= options.Value.Start;
        if (!hasStarted)
        {
            return;
        }
        foreach (var change in board.Apply(AlertRules.Evaluate(report, await recent, options.Value, limits.Value), now))
        {
            Log(change);
            webhooks.Tell(change);
        }
        SystemGauges.Show(report, board.Now.Active);
    }

    /// <summary>Before that the API may be one that this very process does not serve yet.</summary>
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
            LogRaised(alert.Finding.Severity, alert.Finding.Name, alert.Finding.Subject, alert.Finding.Message);
        }
        else
        {
            LogCleared(alert.Finding.Name, alert.Finding.Subject, alert.Since);
        }
    }

    [LoggerMessage(501, LogLevel.Warning, "Alert ({Severity}) {Name} {Subject}: {Message}")]
    partial void LogRaised(string severity, string name, string? subject, string message);

    [LoggerMessage(502, LogLevel.Information, "Alert cleared: {Name} {Subject}, raised at {Since}")]
    partial void LogCleared(string name, string? subject, DateTimeOffset since);

    [LoggerMessage(503, LogLevel.Error, "The alerts could not be evaluated")]
    partial void LogFailed(Exception failed);

    [LoggerMessage(504, LogLevel.Warning, "There are no alerts: JOBSYSTEM_ADMIN_KEY, with which the service asks the API, is not set")]
    partial void LogOff();
}
