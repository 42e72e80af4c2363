using System.Text.Json;
using JobSystem.JobApi.Http.Jobs;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Http.ApiKeys;

/// <summary>An API key as shown by the API, without the key itself.</summary>
static class ApiKeyView
{
    static readonly JsonEncodedText expiresAt = JsonEncodedText.Encode("expires_at");
    static readonly JsonEncodedText lastUsedAt = JsonEncodedText.Encode("last_used_at");
    static readonly JsonEncodedText revokedAt = JsonEncodedText.Encode("revoked_at");

    public static string Path(Guid id) => $"/api/v1/api-keys/{id}";

    /// <param name="issued">The key itself, for the one answer that shows it.</param>
    public static void Write(Utf8JsonWriter json, ApiKeyRow key, string? issued = null)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, key.Id);
        json.WriteString("name"u8, key.Name);
        json.WriteString("owner"u8, key.Owner);
        json.WriteStartArray("permissions"u8);
        foreach (var word in key.Permissions.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            json.WriteStringValue(word);
        }
        json.WriteEndArray();
        json.WriteString("prefix"u8, key.Prefix);
        if (issued is not null)
        {
            json.WriteString("key"u8, issued);
        }
        json.WriteString("created_at"u8, key.CreatedAt.UtcDateTime);
        json.WriteString("created_by"u8, key.CreatedBy);
        json.WriteMoment(expiresAt, key.ExpiresAt);
        json.WriteMoment(lastUsedAt, key.LastUsedAt);
        json.WriteMoment(revokedAt, key.RevokedAt);
        json.WriteEndObject();
    }
}
