using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Yarp.ReverseProxy;

namespace JobSystem.Gateway.Documents;

/// <summary>
/// One OpenAPI document of all services, asked for when somebody wants it. What a service said last stays good while it is away: its routes do not change
/// without a new version of it.
/// </summary>
internal sealed class ApiDocuments(IProxyStateLookup proxy, IHttpClientFactory clients, TimeProvider time) : IDisposable
{
    public const string Client = "openapi";
    private static readonly string[] _services = [Routes.JobApi, Routes.Scheduler, Routes.Monitoring];
    private static readonly TimeSpan _life = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<string, JsonObject> _known = [];
    private byte[] _merged = [];
    private long? _mergedAt;

    public async Task<Results<FileContentHttpResult, ProblemHttpResult>> Answer(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_mergedAt is null || time.GetElapsedTime(_mergedAt.Value) > _life)
            {
                var silent = await Refresh(cancellationToken);
                if (silent.Count > 0)
                {
                    return Problems.Unavailable($"The document is not complete: {string.Join(" and ", silent)} did not answer; repeat the request.");
                }
            }
            return TypedResults.Bytes(_merged, "application/json", entityTag: EntityTags.Compute(_merged));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Configured services that have never responded.</summary>
    private async Task<List<string>> Refresh(CancellationToken cancellationToken)
    {
        var silent = new List<string>();
        foreach (var service in _services)
        {
            if (proxy.TryGetCluster(service, out var cluster) && !cluster.Destinations.IsEmpty)
            {
                var available = cluster.DestinationsState.AvailableDestinations.Select(x => x.Model.Config.Address);
                _known[service] = await Ask(available, cancellationToken) ?? _known.GetValueOrDefault(service)!;
                if (_known[service] is null)
                {
                    silent.Add(service);
                }
            }
        }
        if (silent.Count == 0)
        {
            _merged = ApiDocumentEndpoints.Write(MergedDocument.Of([.. _known.Values]));
            _mergedAt = time.GetTimestamp();
        }
        return silent;
    }

    private async Task<JsonObject?> Ask(IEnumerable<string> addresses, CancellationToken cancellationToken)
    {
        foreach (var address in addresses)
        {
            try
            {
                using var client = clients.CreateClient(Client);
                await using var body = await client.GetStreamAsync(new Uri(new Uri(address), ApiDocumentEndpoints.Path), cancellationToken);
                return (await JsonNode.ParseAsync(body, cancellationToken: cancellationToken))!.AsObject();
            }
            catch (Exception away) when (away is HttpRequestException or JsonException || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // the next instance may answer
            }
        }
        return null;
    }

    public void Dispose() => _one.Dispose();
}
