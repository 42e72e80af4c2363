using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Audit;

/// <summary>What a handler wants to have in the audit entry of its request.</summary>
public sealed class AuditNote
{
    /// <summary>Small things only, such as limits before and after; never args, kwargs or results.</summary>
    public JsonObject Details { get; } = [];

    /// <summary>Null is left out.</summary>
    public void Add(string name, JsonNode? value)
    {
        if (value is not null)
        {
            Details[name] = value;
        }
    }

    /// <summary>Where the object has no id before the request is carried out.</summary>
    public string? ObjectId { get; set; }

    /// <summary>Ids of the jobs that came into being: then the request was carried out, whatever is answered.</summary>
    public IReadOnlyList<string>? Created { get; set; }

    /// <summary>The request turned out to be a question.</summary>
    public bool ChangesNothing { get; set; }

    /// <summary>The surface that the request came in by, when it is not this endpoint's own.</summary>
    internal string? Surface { get; private init; }
    internal bool IsRecorded { get; private set; }
    AuditNote? Outer { get; init; }

    public static AuditNote Of(HttpContext http)
    {
        if (http.Features.Get<AuditNote>() is { } note)
        {
            return note;
        }
        note = new();
        http.Features.Set(note);
        return note;
    }

    /// <summary>For the canonical request that another surface makes of this one.</summary>
    internal static AuditNote Inside(HttpContext http) =>
        new() { Surface = http.GetEndpoint()?.Metadata.GetMetadata<AuditedRoute>()?.Surface, Outer = Of(http) };

    internal void MarkRecorded()
    {
        IsRecorded = true;
        Outer?.MarkRecorded();
    }
}
