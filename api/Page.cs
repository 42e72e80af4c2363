using System.Text.Json.Serialization;

namespace JobSystem.Api;

/// <summary>A page of a list that can be long.</summary>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record Page<T>
{
    /// <summary>The items of this page; at most 1,000.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>How many items match, on all pages together.</summary>
    public required long Total { get; init; }

    /// <summary>Number of this page, from 1.</summary>
    [JsonPropertyName("page")]
    public required int Number { get; init; }

    /// <summary>Most items of a page.</summary>
    public required int PageSize { get; init; }

    /// <summary>Number of pages.</summary>
    public required long Pages { get; init; }

    /// <summary>The parameter <c>cursor</c> of the next page; null on the last page, and in an order in which there is no cursor.</summary>
    public required string? NextCursor { get; init; }
}

/// <summary>A list of which only the beginning may be shown.</summary>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record Listing<T>
{
    /// <summary>The items; at most 1,000.</summary>
    public required IReadOnlyList<T> Items { get; init; }

    /// <summary>How many items match.</summary>
    public required long Total { get; init; }
}
