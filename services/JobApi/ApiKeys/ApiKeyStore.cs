using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.ApiKeys;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.ApiKeys;

/// <summary>The issued API keys.</summary>
public sealed class ApiKeyStore(JobQueries database, ApiKeyUsageRecorder uses, DatabaseClock clock) : IApiKeySource
{
    public Task<bool> Add(ApiKeyRow key, CancellationToken cancellationToken) => database.Run(async (context, ct) =>
    {
        // The answer to a first try may have been lost
        if (!await context.ApiKeys.AnyAsync(x => x.Id == key.Id, ct))
        {
            context.Add(key);
            await context.SaveChangesAsync(ct);
        }
        return true;
    }, cancellationToken);

    public Task<ApiKeyRow?> Find(Guid id, CancellationToken cancellationToken) =>
        database.Run((context, ct) => context.ApiKeys.AsNoTracking().FirstOrDefaultAsync(x => x.Id == id, ct), cancellationToken);

    /// <summary>Newest first, revoked ones too.</summary>
    public Task<(List<ApiKeyRow> Items, int Total)> List(int limit, int offset, CancellationToken cancellationToken) => database.Run(async (context, ct) =>
        (await context.ApiKeys.AsNoTracking().OrderByDescending(x => x.CreatedAt).ThenByDescending(x => x.Id).Skip(offset).Take(limit).ToListAsync(ct),
            await context.ApiKeys.CountAsync(ct)), cancellationToken);

    /// <summary>Does nothing if the key has been revoked before.</summary>
    public Task<int> Revoke(Guid id, CancellationToken cancellationToken)
    {
        var now = clock.UtcNow;
        return database.Run((context, ct) => context.ApiKeys.Where(x => x.Id == id && x.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(x => x.RevokedAt, now), ct), cancellationToken);
    }

    /// <summary>Returns the valid keys and records their use.</summary>
    public async Task<IReadOnlyList<IssuedKey>> Find(IReadOnlyList<string> hashes, CancellationToken cancellationToken)
    {
        if (hashes.Count == 0)
        {
            return [];
        }
        var now = clock.UtcNow;
        var found = await database.Run((context, ct) =>
            context.ApiKeys.AsNoTracking().Where(x => hashes.Contains(x.Hash) && x.RevokedAt == null).ToListAsync(ct), cancellationToken);
        found.RemoveAll(x => x.ExpiresAt <= now);
        uses.Note(found, now);
        return [.. found.Select(x => new IssuedKey(x.Hash, x.Owner, Permissions.Parse(x.Permissions.Split(' ')), x.ExpiresAt)
        {
            Runs = new(NameList.Read(x.Queues), NameList.Read(x.Tasks)),
        })];
    }
}
