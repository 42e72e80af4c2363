using JobSystem.Api;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Http.ApiKeys;

/// <summary>An API key as the API shows it.</summary>
static class ApiKeyView
{
    public static string Path(Guid id) => $"/api/v1/api-keys/{id}";

    /// <summary>The key's record, without the key.</summary>
    public static ApiKeyDetails ToRecord(ApiKeyRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Owner = row.Owner,
        Permissions = Permissions(row),
        Queues = NameList.Read(row.Queues),
        Tasks = NameList.Read(row.Tasks),
        Prefix = row.Prefix,
        CreatedAt = row.CreatedAt,
        CreatedBy = row.CreatedBy,
        ExpiresAt = row.ExpiresAt,
        LastUsedAt = row.LastUsedAt,
        RevokedAt = row.RevokedAt,
    };

    /// <summary>The only response that shows the key.</summary>
    public static IssuedApiKey ToRecord(ApiKeyRow row, string key) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Owner = row.Owner,
        Permissions = Permissions(row),
        Queues = NameList.Read(row.Queues),
        Tasks = NameList.Read(row.Tasks),
        Prefix = row.Prefix,
        CreatedAt = row.CreatedAt,
        CreatedBy = row.CreatedBy,
        ExpiresAt = row.ExpiresAt,
        LastUsedAt = row.LastUsedAt,
        RevokedAt = row.RevokedAt,
        Key = key,
    };

    static string[] Permissions(ApiKeyRow row) => row.Permissions.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
