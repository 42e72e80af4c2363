using System.Diagnostics;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Json;
using JobSystem.ServiceDefaults.Logging;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Creates audit entries of requests.</summary>
public sealed class AuditRecorder(IAuditTrail trail, AuditTally tally, SecretKeys secrets, TimeProvider time)
{
    const int LongestDetails = 4096;

    /// <summary>Does nothing for routes without audit metadata.</summary>
    internal Task Record(HttpContext http, int status, string? code)
    {
        if (http.GetEndpoint()?.Metadata is not { } metadata || metadata.GetMetadata<AuditedRoute>() is not { } route)
        {
            return Task.CompletedTask;
        }
        var note = AuditNote.ForRequest(http);
        note.MarkRecorded();
        var created = note.Created;
        var kind = new AuditKind(
            Caller.NameOf(http), CallerScope.CredentialOf(http.User), note.Surface ?? route.Surface,
            metadata.GetMetadata<TranslatedRoute>()?.Name ?? metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "?",
            route.ObjectType, CallerAddress.Read(http), created is null ? AuditOutcome.FromStatus(status) : AuditOutcome.Done, status,
            status < StatusCodes.Status400BadRequest ? null : code ?? StatusTitles.ForStatus(status).Code);
        if (metadata.GetMetadata<TalliedRoute>() is not null)
        {
            tally.Add(kind, created ?? []);
            return Task.CompletedTask;
        }
        if (created is not null)
        {
            note.Details["created"] = new JsonArray([.. created]);
        }
        var id = note.ObjectId
            ?? (route.Parameter is { } name && http.Request.RouteValues.TryGetValue(name, out var value) ? value as string : null);
        var written = Record(kind, id, note.Details, Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier);
        // Nothing was changed, and the caller has waited for the database long enough
        return status == StatusCodes.Status503ServiceUnavailable ? Task.CompletedTask : written;
    }

    public Task Record(AuditKind kind, string? objectId, JsonObject? details = null, string? traceId = null)
    {
        var now = time.GetUtcNow();
        return trail.Write(kind.Entry(now) with
        {
            ObjectId = objectId,
            Details = details is { Count: > 0 } ? Text(details) : null,
            TraceId = traceId,
        });
    }

    string Text(JsonObject details)
    {
        var text = secrets.Redact(details).ToJsonString(JsonText.Options);
        return text.Length <= LongestDetails ? text : $"{{\"omitted\":{text.Length}}}";
    }
}

/// <summary>Common values of combined entries.</summary>
public readonly record struct AuditKind(
    string Actor, string Credential, string Surface, string Action, string? ObjectType, string? Address, string Outcome, int? Status,
    string? Code)
{
    internal AuditEntry Entry(DateTimeOffset at) => new()
    {
        Key = Guid.CreateVersion7(at),
        At = Rfc3339.ToMicroseconds(at),
        Actor = Actor,
        Credential = Credential,
        Surface = Surface,
        Action = Action,
        ObjectType = ObjectType,
        Address = Address,
        Outcome = Outcome,
        Status = Status,
        Code = Code,
    };
}
