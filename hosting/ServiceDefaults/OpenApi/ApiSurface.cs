namespace JobSystem.ServiceDefaults.OpenApi;

/// <summary>A surface of the API. Each has a document of its own, so that a client is generated for one of them.</summary>
/// <param name="Name">Name of the document.</param>
/// <param name="Title">Title of the document.</param>
/// <param name="TagPrefix">What the tags of its operations begin with; null for the canonical surface, whose tags have no prefix.</param>
/// <param name="Description">What it is.</param>
public sealed record ApiSurface(string Name, string Title, string? TagPrefix, string Description)
{
    const string Errors = "Errors are problem+json (RFC 9457) with `detail` for people and `code` for programs.";

    public static readonly ApiSurface Canonical = new("v1", "JobSystem", null,
        "Background jobs: hand work over, and see and steer all of it. This is the canonical surface; the operations, publish and user surfaces "
        + $"are translated to it, and have documents beside this one. {Errors} Words, as of priorities and states, are accepted in any case.");

    /// <summary>The canonical surface first.</summary>
    public static readonly IReadOnlyList<ApiSurface> All =
    [
        Canonical,
        Translated("operations", "Operations"),
        Translated("publish", "Publish"),
        Translated("user", "User"),
    ];

    /// <summary>Where its document is: of the process's own routes, and on the gateway of all services.</summary>
    public string Path => $"/openapi/{Name}.json";

    /// <summary>True if an operation with this tag belongs to it.</summary>
    public bool Has(string tag) =>
        this == (All.FirstOrDefault(x => x.TagPrefix is { } prefix && tag.StartsWith(prefix, StringComparison.Ordinal)) ?? Canonical);

    static ApiSurface Translated(string name, string word) => new(
        name, $"JobSystem: {name} surface", $"{word}: ",
        $"The {name} surface: the same jobs in other words, translated to the canonical surface, which is described by `/openapi/v1.json`. {Errors}");
}
