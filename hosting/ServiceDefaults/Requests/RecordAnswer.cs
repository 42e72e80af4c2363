using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>A response whose JSON is one record of the API.</summary>
/// <param name="type">How the record is written.</param>
public sealed class RecordAnswer<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string? location = null)
    : JsonAnswer(status, location)
{
    protected override object? Record => value;

    protected override void Write(Utf8JsonWriter json) => JsonSerializer.Serialize(json, value, type);
}
