namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Where entries go: into the table of the service that has it, or over the bus to that service.</summary>
public interface IAuditTrail
{
    /// <summary>Returns when the entry is durable; or, after a short while, when it cannot be for now: then it is kept in memory and tried again. Never throws.</summary>
    Task Write(AuditEntry entry);
}
