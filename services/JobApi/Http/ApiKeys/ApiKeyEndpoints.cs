using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.ApiKeys;
using JobSystem.JobApi.Bus;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Audit;
using JobSystem.ServiceDefaults.Errors;
using MassTransit;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.ApiKeys;

/// <summary>Routes of <c>/api/v1/api-keys</c>, and the endpoint for other services' key look-ups.</summary>
static class ApiKeyEndpoints
{
    const int Concurrency = 16;

    public static void MapApiKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("API keys").RequirePermission(Permission.Admin);
        keys.MapPost("/", CreateApiKey.Handle).WithName(JobApiOperations.CreateApiKey).WithSummary("Issue an API key");
        keys.MapGet("/", List).WithName(JobApiOperations.ListApiKeys).WithSummary("List API keys");
        keys.MapGet("/{keyId}", Get).WithName(JobApiOperations.GetApiKey).WithSummary("Get an API key");
        keys.MapDelete("/{keyId}", Revoke).WithName(JobApiOperations.RevokeApiKey).WithSummary("Revoke an API key");
    }

    public static void ConfigureApiKeyRequests(this IBusFactoryConfigurator configurator, IBusRegistrationContext context) =>
        configurator.ReceiveEndpoint(BusAddresses.ApiKeys, endpoint =>
        {
            endpoint.PrefetchCount = Concurrency;
            endpoint.ConcurrentMessageLimit = Concurrency;
            // The requester will have timed out when the database is available again
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.ConfigureConsumer<FindApiKeysConsumer>(context);
        });

    static async Task<Results<RecordAnswer<Listing<ApiKeyDetails>>, ProblemHttpResult>> List(
        HttpRequest http, ApiKeyStore keys, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset"]);
        var (limit, offset) = (query.Limit(), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list API keys");
        }
        var (items, total) = await keys.List(limit, offset, cancellationToken);
        var listing = new Listing<ApiKeyDetails> { Items = [.. items.Select(x => ApiKeyView.ToRecord(x))], Total = total };
        return new RecordAnswer<Listing<ApiKeyDetails>>(listing, ApiJson.Default.ListingApiKeyDetails);
    }

    static async Task<Results<RecordAnswer<ApiKeyDetails>, ProblemHttpResult>> Get(
        string keyId, ApiKeyStore keys, CancellationToken cancellationToken) =>
        await Find(keyId, keys, cancellationToken) is { } key
            ? new RecordAnswer<ApiKeyDetails>(ApiKeyView.ToRecord(key), ApiJson.Default.ApiKeyDetails)
            : NotFound(keyId);

    /// <summary>Revokes a key; idempotent. The row is kept to identify the key's owner later.</summary>
    static async Task<Results<NoContent, ProblemHttpResult>> Revoke(
        string keyId, HttpContext http, ApiKeyStore keys, ApiKeyDirectory known, CancellationToken cancellationToken)
    {
        if (await Find(keyId, keys, cancellationToken) is not { } key)
        {
            return NotFound(keyId);
        }
        AuditNote.ForRequest(http).Add("name", key.Name);
        await keys.Revoke(key.Id, cancellationToken);
        known.Forget(key.Hash);
        return TypedResults.NoContent();
    }

    static async Task<ApiKeyRow?> Find(string id, ApiKeyStore keys, CancellationToken cancellationToken) =>
        Guid.TryParseExact(id, "D", out var uuid) ? await keys.Find(uuid, cancellationToken) : null;

    static ProblemHttpResult NotFound(string id) => Problems.NotFound($"API key not found: {(id.Length <= 36 ? id : id[..36])}", "api_key_not_found");
}
