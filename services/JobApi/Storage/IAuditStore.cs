using JobSystem.ServiceDefaults.Audit;

namespace JobSystem.JobApi.Storage;

/// <summary>Appends to the chain of audit entries. Throws <see cref="StoreUnavailableException"/> if the database is unavailable.</summary>
public interface IAuditStore
{
    /// <summary>Appends entries; existing keys are skipped. Concurrent writers are serialized.</summary>
    Task<AuditAppended> Append(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken);
}

/// <summary>The end of the chain before and after the append.</summary>
public readonly record struct AuditAppended(AuditHead Before, AuditHead After);
