using System.ComponentModel.DataAnnotations;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Monitoring.Alerts;

/// <summary>When alerts are raised, and where they are posted. <see cref="SystemStatus.StatusOptions"/> has the limits of durations.</summary>
public sealed class AlertOptions
{
    /// <summary>Seconds between two evaluations.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_SECONDS"), Range(0.05, 3600)]
    public double EverySeconds { get; set; } = 10;

    /// <summary>
    /// No alert is raised before the system was healthy once, for at most so many seconds after the service has started: a system that is starting
    /// is not broken.
    /// </summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_START_SECONDS"), Range(0, 3600)]
    public double StartSeconds { get; set; } = 60;

    /// <summary>An alert is raised after so many evaluations in a row with its finding, and cleared after as many without it.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_ROUNDS"), Range(1, 1000)]
    public int Rounds { get; set; } = 2;

    /// <summary>The share of the jobs that ended by themselves in the last five minutes which may have failed, from 0 to 1.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_FAILURE_RATE"), Range(0.0, 1.0)]
    public double FailureRate { get; set; } = 0.5;

    /// <summary>The failure rate is evaluated if at least so many jobs ended.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_FAILURE_JOBS"), Range(1, int.MaxValue)]
    public int FailureJobs { get; set; } = 20;

    /// <summary>Addresses, separated by commas, to which an alert is posted when it is raised and when it is cleared.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_WEBHOOKS")]
    public string Webhooks { get; set; } = "";

    /// <summary>The key that posts are signed with: <c>whsec_</c> and base64 of 24 to 64 bytes. Required with webhooks.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_WEBHOOK_SECRET")]
    public string WebhookSecret { get; set; } = "";

    public TimeSpan Start => TimeSpan.FromSeconds(StartSeconds);

    public TimeSpan Every => TimeSpan.FromSeconds(EverySeconds);

    public IReadOnlyList<Uri> Targets =>
        [.. Webhooks.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ParseTarget)];

    static Uri ParseTarget(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        ? url
        : throw new SettingException($"JOBSYSTEM_ALERT_WEBHOOKS has '{text}', which is not an http:// or https:// address.");
}
