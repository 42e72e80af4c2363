using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// The audit trail. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing answers.
/// </summary>
public sealed class AuditOperations
{
    readonly ApiConnection api;

    internal AuditOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns a page of entries, the latest first.</summary>
    /// <param name="filter">Which entries. Default: all.</param>
    /// <param name="page">Which page; the order cannot be chosen. Default: the first 100.</param>
    public Task<Page<AuditRecord>> List(
        AuditSelection? filter = null, PageOptions? page = null, CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery
        {
            { "actor", filter?.Actor }, { "action", filter?.Action }, { "object_type", filter?.ObjectType },
            { "object_id", filter?.ObjectId },
            { "outcome", filter?.Outcome }, { "surface", filter?.Surface }, { "after", filter?.After }, { "before", filter?.Before },
            { "q", filter?.Q }, { "limit", page?.Limit }, { "offset", page?.Offset }, { "cursor", page?.Cursor },
        };
        return api.Read<Page<AuditRecord>>(ApiCall.Get("audit") with { Query = query }, cancellationToken);
    }

    /// <summary>Checks that no entry was changed or removed.</summary>
    /// <param name="afterId">An entry after which to begin. Default: the beginning.</param>
    /// <param name="afterHash">The hash that this entry had.</param>
    public Task<AuditVerdict> Verify(long? afterId = null, string? afterHash = null, CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery { { "after_id", afterId }, { "after_hash", afterHash } };
        return api.Read<AuditVerdict>(ApiCall.Get("audit", "verify") with { Query = query }, cancellationToken);
    }
}

/// <summary>Filters of the audit trail. A member that is null is not sent.</summary>
public sealed record AuditSelection
{
    /// <summary>By this caller.</summary>
    public string? Actor { get; init; }

    /// <summary>This operation, or command of the bus.</summary>
    public string? Action { get; init; }

    /// <summary>Of objects of this kind, as <c>job</c>.</summary>
    public string? ObjectType { get; init; }

    /// <summary>Of the object with this id.</summary>
    public string? ObjectId { get; init; }

    /// <summary><c>done</c>, <c>refused</c> or <c>failed</c>.</summary>
    public string? Outcome { get; init; }

    /// <summary>By this surface, as <c>api</c>.</summary>
    public string? Surface { get; init; }

    /// <summary>At this time or later.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Before this time.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>A text in action, actor or id of the object.</summary>
    public string? Q { get; init; }
}
