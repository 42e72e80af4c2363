using System.ComponentModel.DataAnnotations;

namespace JobSystem.JobApi.Commands;

/// <summary>Commands that come over the bus.</summary>
public sealed class CommandOptions
{
    /// <summary>Owner of what arrives without a user id that the broker has checked.</summary>
    [ConfigurationKeyName("JOBSYSTEM_BUS_OWNER"), Required, MaxLength(200)]
    public string Owner { get; set; } = "bus";
}
