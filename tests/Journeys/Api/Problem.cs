using System.Net;
using System.Text.Json;

namespace JobSystem.Journeys.Api;

/// <summary>An RFC 9457 problem document.</summary>
public sealed record Problem(string? Detail, string? Code, string? TraceId, IReadOnlyDictionary<string, string[]>? Errors);

/// <summary>The API did not do what was asked.</summary>
public sealed class ApiException(HttpStatusCode status, string call, string body) : Exception($"{call} answered {(int)status}: {body}")
{
    public HttpStatusCode Status => status;

    public Problem Problem => JsonSerializer.Deserialize<Problem>(body, JobsClient.Json)!;
}
