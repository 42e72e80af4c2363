using JobSystem.Contracts;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Bus;
using MassTransit;

namespace JobSystem.Monitoring;

/// <summary>Asks JobApi, which owns the table of API keys, over the bus.</summary>
public sealed class ApiKeyClient(IBus bus) : IApiKeySource
{
    static readonly Uri address = new($"exchange:{BusAddresses.ApiKeys}");

    public async Task<IReadOnlyList<IssuedKey>> Find(IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        var answer = await bus.Ask<FindApiKeys, ApiKeysFound>(address, new() { Hashes = hashes }, cancellationToken);
        return [.. answer.Items.Select(x => new IssuedKey(x.Hash, x.Owner, Permissions.Parse(x.Permissions), x.ExpiresAt))];
    }
}
