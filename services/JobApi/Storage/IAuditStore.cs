using JobSystem.ServiceDefaults.Audit;

namespace JobSystem.JobApi.Storage;

/// <summary>Adds to the chain of audit entries; nothing else can be done to it. A database that cannot be reached throws <see cref="StoreUnavailableException"/>.</summary>
public interface IAuditStore
{
    /// <summary>Entries whose keys are there already are left out. However many processes write at once, they take turns.</summary>
    Task<AuditAppended> Append(IReadOnlyList<AuditEntry> entries, CancellationToken cancellationToken);
}

/// <summary>The chain's end before and after.</summary>
public readonly record struct AuditAppended(AuditHead Before, AuditHead After);
