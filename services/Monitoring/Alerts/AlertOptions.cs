using System.ComponentModel.DataAnnotations;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Monitoring.Alerts;

/// <summary>When to raise an alert, beside what <see cref="SystemStatus.StatusOptions"/> calls too long, and whom to tell.</summary>
public sealed class AlertOptions
{
    /// <summary>How often everything is looked at. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_SECONDS"), Range(0.05, 3600)]
    public double EverySeconds { get; set; } = 10;

    /// <summary>Until all was well once, but for no longer than this after the service has started, nothing is raised: what is starting is not broken. Seconds.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_START_SECONDS"), Range(0, 3600)]
    public double StartSeconds { get; set; } = 60;

    /// <summary>An alert is raised when something was wrong so many times in a row, and cleared when it was well as often.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_ROUNDS"), Range(1, 1000)]
    public int Rounds { get; set; } = 2;

    /// <summary>Of the jobs that ended by themselves in the last five minutes this share may have failed, from 0 to 1.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_FAILURE_RATE"), Range(0.0, 1.0)]
    public double FailureRate { get; set; } = 0.5;

    /// <summary>Fewer jobs than this say nothing about a rate.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_FAILURE_JOBS"), Range(1, int.MaxValue)]
    public int FailureJobs { get; set; } = 20;

    /// <summary>Addresses that each alert is posted to when it is raised and when it is cleared, separated by commas.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_WEBHOOKS")]
    public string Webhooks { get; set; } = "";

    /// <summary>What the posts are signed with: <c>whsec_</c> and base64 of 24 to 64 bytes. Required with webhooks.</summary>
    [ConfigurationKeyName("JOBSYSTEM_ALERT_WEBHOOK_SECRET")]
    public string WebhookSecret { get; set; } = "";

    public TimeSpan Start => TimeSpan.FromSeconds(StartSeconds);

    public TimeSpan Every => TimeSpan.FromSeconds(EverySeconds);

    public IReadOnlyList<Uri> Targets => [.. Webhooks.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Target)];

    static Uri Target(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        ? url
        : throw new SettingException($"JOBSYSTEM_ALERT_WEBHOOKS has '{text}', which is not an http:// or https:// address.");
}
