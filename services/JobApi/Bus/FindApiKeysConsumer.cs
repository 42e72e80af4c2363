using JobSystem.Contracts;
using JobSystem.JobApi.ApiKeys;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Responds to other services with valid keys, read from the database. There is no response while the database is unavailable.</summary>
public sealed class FindApiKeysConsumer(ApiKeyStore keys) : IConsumer<FindApiKeys>
{
    const int Most = 1000;

    public async Task Consume(ConsumeContext<FindApiKeys> context)
    {
        var found = await keys.Find([.. context.Message.Hashes.Take(Most)], context.CancellationToken);
        await context.RespondAsync(new ApiKeysFound
        {
            Items = [.. found.Select(x => new FoundApiKey
            {
                Hash = x.Hash,
                Owner = x.Owner,
                Permissions = [.. Permissions.Names(x.Granted)],
                ExpiresAt = x.ExpiresAt,
            })],
        });
    }
}
