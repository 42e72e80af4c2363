using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// API keys. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing answers.
/// </summary>
public sealed class ApiKeyOperations
{
    readonly ApiConnection api;

    internal ApiKeyOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns the keys, without the keys themselves.</summary>
    public Task<Listing<ApiKeyDetails>> List(int? limit = null, int? offset = null, CancellationToken cancellationToken = default) =>
        api.Read<Listing<ApiKeyDetails>>(ApiCall.Get("api-keys") with { Query = Queries.Page(limit, offset) }, cancellationToken);

    /// <summary>Issues a key. It is not repeated if the answer is lost, because there would be two.</summary>
    public Task<IssuedApiKey> Create(CreateApiKeyRequest key, CancellationToken cancellationToken = default) =>
        api.Read<IssuedApiKey>(ApiCall.Post("api-keys").With(key, ApiRequestJson.Default.CreateApiKeyRequest), cancellationToken);

    /// <summary>Returns a key, without the key itself.</summary>
    public Task<ApiKeyDetails> Get(Guid keyId, CancellationToken cancellationToken = default) =>
        api.Read<ApiKeyDetails>(ApiCall.Get("api-keys", $"{keyId}"), cancellationToken);

    /// <summary>Revokes a key.</summary>
    public Task Revoke(Guid keyId, CancellationToken cancellationToken = default) =>
        api.Send(ApiCall.Delete("api-keys", $"{keyId}"), cancellationToken);
}
