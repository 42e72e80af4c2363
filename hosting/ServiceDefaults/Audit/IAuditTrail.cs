namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Destination of audit entries: the table of the service that owns it, or the bus.</summary>
public interface IAuditTrail
{
    /// <summary>
    /// Returns when the entry is durable, or after a short timeout; the entry is then kept in memory and retried. Never throws.
    /// </summary>
    Task Write(AuditEntry entry);
}
