using System.ComponentModel.DataAnnotations;
using JobSystem.ServiceDefaults;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>Settings of commands over the bus.</summary>
public sealed class CommandOptions
{
    /// <summary>Owner of commands without a user id that the broker has validated.</summary>
    [ConfigurationKeyName("JOBSYSTEM_BUS_OWNER"), Required, MaxLength(200)]
    public string Owner { get; set; } = "bus";

    /// <summary>Broker users that may change all jobs, comma-separated; other users may change only their own. JobApi's own user is always included.</summary>
    [ConfigurationKeyName("JOBSYSTEM_BUS_MANAGERS")]
    public string Managers { get; set; } = "scheduler";

    [ConfigurationKeyName(BusSetup.UrlSetting)]
    public string? Broker { get; set; }

    public bool IsManager(string user) => (Broker is { Length: > 0 } url && BrokerUrl.Parse(url).UserName == user) || Managers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains(user, StringComparer.Ordinal);
}
