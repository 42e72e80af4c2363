namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Who did what, to which object, from where, and what came of it. Never what a job works on.</summary>
public sealed record AuditEntry
{
    /// <summary>The same however often the entry is handed over: it is kept once.</summary>
    public required Guid Key { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>The owner's name, as jobs and schedules have it.</summary>
    public required string Actor { get; init; }

    /// <summary>What the actor was known by: <c>token</c>, or <c>key</c> and how the key begins.</summary>
    public required string Credential { get; init; }
    public required string Surface { get; init; }

    /// <summary>Name of the canonical endpoint or of the command.</summary>
    public required string Action { get; init; }
    public string? ObjectType { get; init; }
    public string? ObjectId { get; init; }

    /// <summary>IP address; null on the bus.</summary>
    public string? Address { get; init; }
    public required string Outcome { get; init; }

    /// <summary>Of the HTTP answer; null on the bus.</summary>
    public int? Status { get; init; }

    /// <summary>Of the problem document; null when there was no problem.</summary>
    public string? Code { get; init; }

    /// <summary>A JSON object.</summary>
    public string? Details { get; init; }
    public string? TraceId { get; init; }
}

/// <summary>What came of a change.</summary>
public static class AuditOutcome
{
    public const string Done = "done";

    /// <summary>For the caller's own reasons: not allowed, not well formed, not possible now.</summary>
    public const string Refused = "refused";

    /// <summary>For ours. It may have been carried out all the same.</summary>
    public const string Failed = "failed";

    public static readonly IReadOnlyList<string> Words = [Done, Refused, Failed];

    public static string Of(int status) => status < 400 ? Done : status < 500 ? Refused : Failed;
}

/// <summary>Which way a change came in.</summary>
public static class AuditSurface
{
    public const string Api = "api";
    public const string Operations = "operations";
    public const string Publish = "publish";
    public const string User = "user";
    public const string Bus = "bus";

    /// <summary>Nobody asked for it: what the services do by themselves.</summary>
    public const string System = "system";

    public static readonly IReadOnlyList<string> Words = [Api, Operations, Publish, User, Bus, System];
}
