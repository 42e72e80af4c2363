using System.ComponentModel.DataAnnotations;
using JobSystem.ServiceDefaults;

namespace JobSystem.JobApi.Commands;

/// <summary>Commands that come over the bus.</summary>
public sealed class CommandOptions
{
    /// <summary>Owner of what arrives without a user id that the broker has checked.</summary>
    [ConfigurationKeyName("JOBSYSTEM_BUS_OWNER"), Required, MaxLength(200)]
    public string Owner { get; set; } = "bus";

    /// <summary>Users of the broker that operate jobs whoever submitted them, separated by commas; all others operate their own. JobApi's own user is one of them.</summary>
    [ConfigurationKeyName("JOBSYSTEM_BUS_MANAGERS")]
    public string Managers { get; set; } = "scheduler";

    [ConfigurationKeyName(BusSetup.UrlSetting)]
    public string? Broker { get; set; }

    public bool IsManager(string user) => (Broker is { Length: > 0 } url && BrokerUrl.Parse(url).UserName == user) || Managers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains(user, StringComparer.Ordinal);
}
