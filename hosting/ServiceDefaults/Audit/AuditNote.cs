using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Additional audit information set by a handler.</summary>
public sealed class AuditNote
{
    /// <summary>Additional details such as limits before and after; never args, kwargs or results.</summary>
    public JsonObject Details { get; } = [];

    /// <summary>Omits null.</summary>
    public void Add(string name, JsonNode? value)
    {
        if (value is not null)
        {
            Details[name] = value;
        }
    }

    /// <summary>Used if the object has no id before the request is carried out.</summary>
    public string? ObjectId { get; set; }

    /// <summary>Ids of created jobs: if there are any, the request was carried out regardless of the response.</summary>
    public IReadOnlyList<string>? Created { get; set; }

    /// <summary>The request changes nothing, so it is not audited.</summary>
    public bool ChangesNothing { get; set; }

    /// <summary>The surface of the original request, if it differs from the endpoint's.</summary>
    internal string? Surface { get; private init; }
    internal bool IsRecorded { get; private set; }
    AuditNote? Outer { get; init; }

    public static AuditNote ForRequest(HttpContext http)
    {
        if (http.Features.Get<AuditNote>() is { } note)
        {
            return note;
        }
        note = new();
        http.Features.Set(note);
        return note;
    }

    /// <summary>For canonical requests that are made by another surface.</summary>
    internal static AuditNote Inside(HttpContext http) =>
        new() { Surface = http.GetEndpoint()?.Metadata.GetMetadata<AuditedRoute>()?.Surface, Outer = ForRequest(http) };

    internal void MarkRecorded()
    {
        IsRecorded = true;
        Outer?.MarkRecorded();
    }
}
