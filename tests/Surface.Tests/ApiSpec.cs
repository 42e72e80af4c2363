using System.Text.Json;
using System.Text.Json.Nodes;

namespace JobSystem.Surface.Tests;

/// <summary>An OpenAPI document: finds operations, and says how an answer differs from what is described.</summary>
public sealed class ApiSpec(JsonObject document)
{
    public IReadOnlyList<ApiOperation> Operations => field ??=
        [.. from path in document["paths"]!.AsObject() from method in path.Value!.AsObject() select new ApiOperation(method.Key.ToUpperInvariant(), path.Key, method.Value!.AsObject())];

    public JsonObject Components => document["components"]!.AsObject();

    /// <summary>The operation that answers; literal segments win.</summary>
    public ApiOperation Find(string method, string path)
    {
        var segments = path.Split('?')[0].Trim('/').Split('/');
        return Operations.Where(x => x.Method == method && x.Fits(segments)).MinBy(x => x.Path.Count(c => c == '{'))
            ?? throw new InvalidOperationException($"{method} {path} is not in the document");
    }

    /// <summary>Null when the answer is as described.</summary>
    public string? Fault(ApiOperation operation, int status, string? contentType, JsonElement body)
    {
        var response = Resolve(operation.Node["responses"]![$"{status}"]);
        if (response is null)
        {
            return $"answers {status}, which is not described";
        }
        if (response["content"] is not JsonObject content)
        {
            return body.ValueKind == JsonValueKind.Undefined ? null : $"{status} has a body, and none is described";
        }
        if (contentType is null || content[contentType] is not { } described)
        {
            return $"{status} is {contentType ?? "nothing"}, described is {string.Join(", ", content.Select(x => x.Key))}";
        }
        return contentType.EndsWith("json", StringComparison.Ordinal) ? Fault(described["schema"]!.AsObject(), body) : null;
    }

    string? Fault(JsonObject schema, JsonElement body)
    {
        var faults = new List<string>();
        new SchemaCheck(this, faults).Check(schema, body, "$");
        return faults.Count == 0 ? null : string.Join("; ", faults.Take(5));
    }

    /// <summary>What a reference leads to, or the node itself.</summary>
    public JsonObject? Resolve(JsonNode? node) => node is JsonObject given && given["$ref"]?.GetValue<string>() is { } reference
        ? reference.Split('/').Skip(1).Aggregate((JsonNode)document, (some, name) => some[name]!).AsObject()
        : node?.AsObject();
}

public sealed record ApiOperation(string Method, string Path, JsonObject Node)
{
    public string Id => Node["operationId"]!.GetValue<string>();

    readonly string[] segments = Path.Trim('/').Split('/');

    public bool Fits(string[] given) => given.Length == segments.Length && segments.Zip(given).All(x => x.First.StartsWith('{') || x.First == x.Second);

    public override string ToString() => $"{Method} {Path}";
}
