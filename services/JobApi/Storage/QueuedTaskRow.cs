using System.Data.Common;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Storage;

/// <summary>A task of a queue's jobs, for which there is a broker queue.</summary>
public sealed class QueuedTaskRow
{
    public required string QueueName { get; set; }

    public required string TaskName { get; set; }

    /// <summary>The requested task version; empty for none, because it is part of the key.</summary>
    public required string Version { get; set; }

    internal static QueuedTask Read(DbDataReader row) =>
        new() { QueueName = row.GetString(0), TaskName = row.GetString(1), Version = row.GetString(2) is { Length: > 0 } version ? version : null };
}
