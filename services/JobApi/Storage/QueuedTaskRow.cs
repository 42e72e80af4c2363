using System.Data.Common;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Storage;

/// <summary>A task that a queue has had jobs of, and with it a broker queue for their tickets.</summary>
public sealed class QueuedTaskRow
{
    public required string QueueName { get; set; }

    public required string TaskName { get; set; }

    /// <summary>The version that the jobs ask for; empty for none, because it is part of the key.</summary>
    public required string Version { get; set; }

    internal static QueuedTask Read(DbDataReader row) =>
        new() { QueueName = row.GetString(0), TaskName = row.GetString(1), Version = row.GetString(2) is { Length: > 0 } version ? version : null };
}
