using System.Data.Common;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Storage;

/// <summary>A queue and a task that it has had jobs of: where to look for waiting ones.</summary>
public sealed class QueuedTaskRow
{
    public required string QueueName { get; set; }

    public required string TaskName { get; set; }

    /// <summary>The requested task version; empty for none, because it is part of the key.</summary>
    public required string Version { get; set; }

    internal static QueuedTask Read(DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2) is { Length: > 0 } version ? version : null);
}
