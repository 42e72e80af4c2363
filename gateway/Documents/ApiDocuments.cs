using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Yarp.ReverseProxy;

namespace JobSystem.Gateway.Documents;

/// <summary>
/// One OpenAPI document of all services, read from them on request. The last document of a service is used while the service is
/// unavailable: its routes change only with its version.
/// </summary>
sealed class ApiDocuments(IProxyStateLookup proxy, IHttpClientFactory clients, TimeProvider time) : IDisposable
{
    public const string Client = "openapi";
    static readonly string[] clusters = [Routes.JobApi, Routes.Scheduler, Routes.Monitoring];
    static readonly TimeSpan life = TimeSpan.FromSeconds(30);
    readonly SemaphoreSlim one = new(1);
    readonly Dictionary<string, JsonObject> known = [];
    byte[] merged = [];
    long? mergedAt;

    public async Task<Results<FileContentHttpResult, ProblemHttpResult>> Answer(CancellationToken cancellationToken)
    {
        await one.WaitAsync(cancellationToken);
        try
        {
            if (mergedAt is null || time.GetElapsedTime(mergedAt.Value) > life)
            {
                var silent = await Refresh(cancellationToken);
                if (silent.Count > 0)
                {
                    var services = string.Join(" and ", silent);
                    return Problems.Unavailable($"The document is not complete: {services} did not answer; repeat the request.");
                }
            }
            return TypedResults.Bytes(merged, "application/json", entityTag: EntityTags.Compute(merged));
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Configured services that have never responded.</summary>
    async Task<List<string>> Refresh(CancellationToken cancellationToken)
    {
        var silent = new List<string>();
        foreach (var service in clusters)
        {
            if (proxy.TryGetCluster(service, out var cluster) && !cluster.Destinations.IsEmpty)
            {
                var available = cluster.DestinationsState.AvailableDestinations.Select(x => x.Model.Config.Address);
                known[service] = await Ask(available, cancellationToken) ?? known.GetValueOrDefault(service)!;
                if (known[service] is null)
                {
                    silent.Add(service);
                }
            }
        }
        if (silent.Count == 0)
        {
            merged = ApiDocumentEndpoints.Write(MergedDocument.Merge([.. known.Values]));
            mergedAt = time.GetTimestamp();
        }
        return silent;
    }

    async Task<JsonObject?> Ask(IEnumerable<string> addresses, CancellationToken cancellationToken)
    {
        foreach (var address in addresses)
        {
            try
            {
                using var client = clients.CreateClient(Client);
                await using var body = await client.GetStreamAsync(new Uri(new Uri(address), ApiDocumentEndpoints.Path), cancellationToken);
                return (await JsonNode.ParseAsync(body, cancellationToken: cancellationToken))!.AsObject();
            }
            catch (Exception failure) when (failure is HttpRequestException or JsonException
                || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The next instance may respond
            }
        }
        return null;
    }

    public void Dispose() => one.Dispose();
}
