namespace JobSystem.ServiceDefaults.Audit;

/// <summary>
/// An audit entry: who did what to which object, from where, and the outcome. It never contains job arguments or results.
/// </summary>
public sealed record AuditEntry
{
    /// <summary>Id that makes storing the entry idempotent.</summary>
    public required Guid Key { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>The owner name of jobs and schedules.</summary>
    public required string Actor { get; init; }

    /// <summary>How the actor was authenticated: <c>token</c>, or <c>key</c> and the key's prefix.</summary>
    public required string Credential { get; init; }
    public required string Surface { get; init; }

    /// <summary>Name of the canonical endpoint or of the command.</summary>
    public required string Action { get; init; }
    public string? ObjectType { get; init; }
    public string? ObjectId { get; init; }

    /// <summary>IP address; null on the bus.</summary>
    public string? Address { get; init; }
    public required string Outcome { get; init; }

    /// <summary>Status code of the HTTP response; null on the bus.</summary>
    public int? Status { get; init; }

    /// <summary>Error code of the problem document; null if there was none.</summary>
    public string? Code { get; init; }

    /// <summary>A JSON object.</summary>
    public string? Details { get; init; }
    public string? TraceId { get; init; }
}

/// <summary>Outcome of a change.</summary>
public static class AuditOutcome
{
    public const string Done = "done";

    /// <summary>For failures caused by the caller: forbidden, invalid, or in conflict with the current state.</summary>
    public const string Refused = "refused";

    /// <summary>For failures on our side. The operation may have been carried out.</summary>
    public const string Failed = "failed";

    public static readonly IReadOnlyList<string> Words = [Done, Refused, Failed];

    public static string FromStatus(int status) => status < 400 ? Done : status < 500 ? Refused : Failed;
}

/// <summary>The surface through which a change was made.</summary>
public static class AuditSurface
{
    public const string Api = "api";
    public const string Operations = "operations";
    public const string Publish = "publish";
    public const string User = "user";
    public const string Bus = "bus";

    /// <summary>Changes made by the services themselves.</summary>
    public const string System = "system";

    public static readonly IReadOnlyList<string> Words = [Api, Operations, Publish, User, Bus, System];
}
