using System.Collections.Concurrent;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>
/// The issued keys as this process knows them. Nothing is believed for longer than a second, so that a revoked key stops working
/// everywhere within that. Keys that were valid a moment ago are asked about apart from those that nobody knows: whoever makes up keys
/// delays only others who do.
/// </summary>
public sealed class ApiKeyDirectory(IApiKeySource source, TimeProvider time)
{
    private const int MostKept = 10_000;
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenStrangers = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4.5);

    private readonly ApiKeyLookupBatcher _regulars = new(source, time, TimeSpan.Zero);
    private readonly ApiKeyLookupBatcher _strangers = new(source, time, BetweenStrangers);
    private readonly ConcurrentDictionary<string, ApiKeyLookupBatcher.Answer> _valid = new();
    private readonly ConcurrentDictionary<string, ApiKeyLookupBatcher.Answer> _invalid = new();

    /// <summary>Null if the key does not exist or has been revoked.</summary>
    public async ValueTask<IssuedKey?> Find(string key, CancellationToken cancellationToken)
    {
        var hash = ApiKey.Hash(key);
        var isRegular = _valid.TryGetValue(hash, out var answer);
        if ((!isRegular && !_invalid.TryGetValue(hash, out answer)) || time.GetElapsedTime(answer.AskedAt) > Believed)
        {
            answer = await Ask(isRegular ? _regulars : _strangers, hash, cancellationToken);
            Keep(hash, answer);
        }

        return answer.Key is { } found && (found.ExpiresAt is not { } end || time.GetUtcNow() < end) ? found : null;
    }

    /// <summary>The key was revoked here.</summary>
    public void Forget(string hash) => _valid.TryRemove(hash, out _);

    private async Task<ApiKeyLookupBatcher.Answer> Ask(ApiKeyLookupBatcher lookups, string hash, CancellationToken cancellationToken)
    {
        try
        {
            return await lookups.Ask(hash).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException late)
        {
            throw new CredentialsUncheckedException("Whether the API key is valid could not be found out in time; repeat the request.", late);
        }
    }

    private void Keep(string hash, ApiKeyLookupBatcher.Answer answer)
    {
        var (kept, other) = answer.Key is null ? (_invalid, _valid) : (_valid, _invalid);
        if (kept.Count >= MostKept)
        {
            kept.Clear();
        }

        kept[hash] = answer;
        other.TryRemove(hash, out _);
    }
}
