using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Client.Http;

/// <summary>A call of the API.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The parts of the path below <c>/api/v1</c>.</param>
sealed record ApiCall(HttpMethod Method, params string[] Path)
{
    public ApiQuery Query { get; init; } = [];

    public HttpContent? Body { get; init; }

    /// <summary>True if carrying it out twice is the same as once.</summary>
    public bool IsRepeatable { get; init; } = Method == HttpMethod.Get || Method == HttpMethod.Put;

    /// <summary>How long it is repeated; null for as long as the client's options say.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>How long the server may take on purpose.</summary>
    public TimeSpan ServerWait { get; init; }

    /// <summary>Where a stream goes on; null for its beginning.</summary>
    public string? LastEventId { get; init; }

    public static ApiCall Get(params string[] path) => new(HttpMethod.Get, path);

    public static ApiCall Post(params string[] path) => new(HttpMethod.Post, path);

    public static ApiCall Put(params string[] path) => new(HttpMethod.Put, path);

    public static ApiCall Delete(params string[] path) => new(HttpMethod.Delete, path);

    public ApiCall With<T>(T body, JsonTypeInfo<T> type) => this with { Body = JsonContent.Create(body, type) };

    /// <summary>The path below the base address.</summary>
    /// <exception cref="ArgumentException">A part of the path is empty, or would lead to another address.</exception>
    public string ToPath()
    {
        var path = new StringBuilder("api/v1");
        foreach (var part in Path)
        {
            if (string.IsNullOrEmpty(part) || part is "." or "..")
            {
                throw new ArgumentException($"Expected an id or a name; got \"{part}\"");
            }
            path.Append('/').Append(Uri.EscapeDataString(part));
        }
        Query.AppendTo(path);
        return path.ToString();
    }
}
