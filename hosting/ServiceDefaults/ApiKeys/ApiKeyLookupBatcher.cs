namespace JobSystem.ServiceDefaults.ApiKeys;

/// <summary>
/// Looks up keys in batches, one batch at a time: keys that arrive during a look-up share the next one. So invented keys cost one connection at most,
/// and no more look-ups than <paramref name="pause"/> allows. Unlike JobApi's batch queue it combines equal keys and pauses between batches.
/// </summary>
internal sealed class ApiKeyLookupBatcher(IApiKeySource source, TimeProvider time, TimeSpan pause)
{
    private const int PerQuestion = 200;
    private const int MostWaiting = 2000;

    /// <summary>Timeout of a look-up. Callers may also wait for the look-up before theirs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3.5);

    private readonly Lock _turn = new();
    private Dictionary<string, TaskCompletionSource<Answer>> _waiting = [];
    private bool _asking;

    /// <param name="Key">Null for a key that is not valid.</param>
    /// <param name="AskedAt">Timestamp from before the look-up: the age of the answer counts from it.</param>
    public readonly record struct Answer(IssuedKey? Key, long AskedAt);

    public Task<Answer> Ask(string hash)
    {
        lock (_turn)
        {
            if (!_waiting.TryGetValue(hash, out var answer))
            {
                if (_waiting.Count >= MostWaiting)
                {
                    throw new CredentialsUncheckedException("Too many unknown API keys are being checked; repeat the request.");
                }

                _waiting[hash] = answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (!_asking)
            {
                _asking = true;
                _ = Work();
            }

            return answer.Task;
        }
    }

    private async Task Work()
    {
        await Task.Yield();
        while (Take() is { Count: > 0 } batch)
        {
            var askedAt = time.GetTimestamp();
            try
            {
                using var deadline = new CancellationTokenSource(Patience, time);
                var found = await source.Find([.. batch.Keys], deadline.Token).WaitAsync(deadline.Token);
                var byHash = found.ToDictionary(x => x.Hash);
                foreach (var (hash, answer) in batch)
                {
                    answer.SetResult(new(byHash.GetValueOrDefault(hash), askedAt));
                }
            }
            catch (Exception away)
            {
                Fail(batch, away);
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time);
            }
        }
    }

    private static void Fail(Dictionary<string, TaskCompletionSource<Answer>> batch, Exception away)
    {
        foreach (var answer in batch.Values)
        {
            answer.TrySetException(new CredentialsUncheckedException("The API key cannot be validated at the moment; repeat the request.", away));
            // The requester may have disconnected
            _ = answer.Task.Exception;
        }
    }

    private Dictionary<string, TaskCompletionSource<Answer>> Take()
    {
        lock (_turn)
        {
            var batch = _waiting;
            if (batch.Count > PerQuestion)
            {
                batch = new(batch.Take(PerQuestion));
                foreach (var hash in batch.Keys)
                {
                    _waiting.Remove(hash);
                }
            }
            else
            {
                _waiting = [];
            }

            _asking = batch.Count > 0;
            return batch;
        }
    }
}
