using JobSystem.ServiceDefaults.Caching;

namespace JobSystem.ServiceDefaults.ApiKeys;

/// <summary>
/// Looks up issued keys. An answer is used for at most a second, so that a revoked key stops working everywhere within that time.
/// Keys that were valid at their last look-up are looked up separately from unknown keys, so that invented keys delay only each other.
/// </summary>
public sealed class ApiKeyDirectory(IApiKeySource source, TimeProvider time)
{
    const int MaxKeys = 10_000;
    static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    static readonly TimeSpan UnknownKeyPause = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(4.5);

    readonly ApiKeyLookupBatcher knownKeys = new(source, time, TimeSpan.Zero);
    readonly ApiKeyLookupBatcher unknownKeys = new(source, time, UnknownKeyPause);
    readonly BoundedCache<string, ApiKeyLookupBatcher.Answer> valid = new(MaxKeys);
    readonly BoundedCache<string, ApiKeyLookupBatcher.Answer> invalid = new(MaxKeys);

    /// <summary>Null if the key does not exist or has been revoked.</summary>
    public async ValueTask<IssuedKey?> Find(string key, CancellationToken cancellationToken)
    {
        var hash = ApiKey.Hash(key);
        var isKnown = valid.TryGet(hash, out var answer);
        if ((!isKnown && !invalid.TryGet(hash, out answer)) || time.GetElapsedTime(answer.AskedAt) > MaxAge)
        {
            answer = await Ask(isKnown ? knownKeys : unknownKeys, hash, cancellationToken);
            Keep(hash, answer);
        }

        return answer.Key is { } found && (found.ExpiresAt is not { } end || time.GetUtcNow() < end) ? found : null;
    }

    /// <summary>Called when this process has revoked the key.</summary>
    public void Forget(string hash) => valid.Remove(hash);

    async Task<ApiKeyLookupBatcher.Answer> Ask(ApiKeyLookupBatcher lookups, string hash, CancellationToken cancellationToken)
    {
        try
        {
            return await lookups.Ask(hash).WaitAsync(AnswerTimeout, time, cancellationToken);
        }
        catch (TimeoutException late)
        {
            throw new CredentialsUncheckedException("The API key could not be validated in time; repeat the request.", late);
        }
    }

    void Keep(string hash, ApiKeyLookupBatcher.Answer answer)
    {
        var (kept, other) = answer.Key is null ? (invalid, valid) : (valid, invalid);
        kept.Set(hash, answer);
        other.Remove(hash);
    }
}
