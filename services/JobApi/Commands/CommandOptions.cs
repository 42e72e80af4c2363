using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Commands;

/// <summary>Commands that come over the bus.</summary>
public sealed class CommandOptions
{
    /// <summary>Owner of what arrives without a user id that the broker has checked.</summary>
    [ConfigurationKeyName("JOBSYSTEM_BUS_OWNER"), Required, MaxLength(200)]
    public string Owner { get; set; } = "bus";

    /// <summary>Users of the broker that operate jobs whoever submitted them, separated by commas; all others operate their own.</summary>
    [ConfigurationKeyName("JOBSYSTEM_BUS_MANAGERS")]
    public string Managers { get; set; } = "scheduler";

    public bool IsManager(string user) => Managers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Contains(user, StringComparer.Ordinal);
}
