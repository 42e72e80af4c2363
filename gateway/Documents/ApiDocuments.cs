using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.OpenApi;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http.HttpResults;
using Yarp.ReverseProxy;

namespace JobSystem.Gateway.Documents;

/// <summary>
/// One OpenAPI document of each surface for all services, read from them on request. The last document of a service is used while the service is
/// unavailable: its routes change only with its version.
/// </summary>
sealed class ApiDocuments(IProxyStateLookup proxy, IHttpClientFactory clients, TimeProvider time) : IDisposable
{
    public const string Client = "openapi";
    static readonly string[] clusters = [Routes.JobApi, Routes.Scheduler, Routes.Monitoring];
    static readonly TimeSpan life = TimeSpan.FromSeconds(30);
    readonly SemaphoreSlim one = new(1);
    readonly Dictionary<ApiSurface, Merged> documents = ApiSurface.All.ToDictionary(x => x, _ => new Merged());

    public async Task<Results<FileContentHttpResult, ProblemHttpResult>> Answer(ApiSurface surface, CancellationToken cancellationToken)
    {
        var document = documents[surface];
        await one.WaitAsync(cancellationToken);
        try
        {
            if (document.At is null || time.GetElapsedTime(document.At.Value) > life)
            {
                var silent = await Refresh(surface, document, cancellationToken);
                if (silent.Count > 0)
                {
                    var services = string.Join(" and ", silent);
                    return Problems.Unavailable($"The document is not complete: {services} did not answer; repeat the request.");
                }
            }
            return TypedResults.Bytes(document.Text, "application/json", entityTag: EntityTags.Compute(document.Text));
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Configured services that have never responded.</summary>
    async Task<List<string>> Refresh(ApiSurface surface, Merged document, CancellationToken cancellationToken)
    {
        var silent = new List<string>();
        foreach (var service in clusters)
        {
            if (proxy.TryGetCluster(service, out var cluster) && !cluster.Destinations.IsEmpty)
            {
                var available = cluster.DestinationsState.AvailableDestinations.Select(x => x.Model.Config.Address);
                document.Known[service] = await Ask(available, surface.Path, cancellationToken) ?? document.Known.GetValueOrDefault(service)!;
                if (document.Known[service] is null)
                {
                    silent.Add(service);
                }
            }
        }
        if (silent.Count == 0)
        {
            document.Text = ApiDocumentEndpoints.Write(MergedDocument.Merge([.. document.Known.Values]));
            document.At = time.GetTimestamp();
        }
        return silent;
    }

    async Task<JsonObject?> Ask(IEnumerable<string> addresses, string path, CancellationToken cancellationToken)
    {
        foreach (var address in addresses)
        {
            try
            {
                using var client = clients.CreateClient(Client);
                await using var body = await client.GetStreamAsync(new Uri(new Uri(address), path), cancellationToken);
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

    sealed class Merged
    {
        /// <summary>What each service answered last.</summary>
        public Dictionary<string, JsonObject> Known { get; } = [];

        public byte[] Text { get; set; } = [];

        public long? At { get; set; }
    }
}
