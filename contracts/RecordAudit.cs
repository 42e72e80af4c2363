using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Hands audit entries to JobApi, which has the table. Not answered: the broker's confirmation is enough, because the queue is durable.
/// </summary>
public sealed record RecordAudit
{
    /// <summary>The entries, in the order of their times.</summary>
    [JsonPropertyName("items")]
    public required IReadOnlyList<RecordAuditItem> Items { get; init; }
}

/// <summary>A change that a caller made or tried to make.</summary>
public sealed record RecordAuditItem
{
    /// <summary>Id of the entry. An entry that is sent again has the same key, and is stored once.</summary>
    [JsonPropertyName("key")]
    public required Guid Key { get; init; }

    /// <summary>When it was made.</summary>
    [JsonPropertyName("at")]
    public required DateTimeOffset At { get; init; }

    /// <summary>Who made it: an owner's name.</summary>
    [JsonPropertyName("actor")]
    public required string Actor { get; init; }

    /// <summary>How the actor was authenticated: <c>token</c>, or <c>key</c> and the key's prefix.</summary>
    [JsonPropertyName("credential")]
    public required string Credential { get; init; }

    /// <summary>
    /// The surface through which it came: <c>api</c>, <c>operations</c>, <c>publish</c>, <c>user</c>, <c>bus</c>, <c>system</c>.
    /// </summary>
    [JsonPropertyName("surface")]
    public required string Surface { get; init; }

    /// <summary>Name of the canonical endpoint, such as <c>CreateSchedule</c>.</summary>
    [JsonPropertyName("action")]
    public required string Action { get; init; }

    /// <summary>What kind of thing was changed, such as <c>schedule</c>.</summary>
    [JsonPropertyName("object_type")]
    public string? ObjectType { get; init; }

    /// <summary>Its id; null when there is none.</summary>
    [JsonPropertyName("object_id")]
    public string? ObjectId { get; init; }

    /// <summary>IP address of the caller.</summary>
    [JsonPropertyName("address")]
    public string? Address { get; init; }

    /// <summary><c>done</c>, <c>refused</c> or <c>failed</c>.</summary>
    [JsonPropertyName("outcome")]
    public required string Outcome { get; init; }

    /// <summary>Status of the HTTP answer.</summary>
    [JsonPropertyName("status")]
    public int? Status { get; init; }

    /// <summary>Error code of the answer; null when there was no error.</summary>
    [JsonPropertyName("code")]
    public string? Code { get; init; }

    /// <summary>A JSON object as text, without secrets and without what a job works on.</summary>
    [JsonPropertyName("details")]
    public string? Details { get; init; }

    /// <summary>Finds the request in logs and traces.</summary>
    [JsonPropertyName("trace_id")]
    public string? TraceId { get; init; }
}
