namespace JobSystem.ServiceDefaults.ApiKeys;

/// <summary>
/// Looks up keys in batches, one batch at a time: keys that arrive during a look-up share the next one. So invented keys cost one
/// connection at most, and no more look-ups than <paramref name="pause"/> allows. Unlike JobApi's batch queue it combines equal keys and
/// pauses between batches.
/// </summary>
sealed class ApiKeyLookupBatcher(IApiKeySource source, TimeProvider time, TimeSpan pause)
{
    const int BatchSize = 200;
    const int MaxWaiting = 2000;

    /// <summary>Timeout of a look-up. Callers may also wait for the look-up before theirs.</summary>
    static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(3.5);

    readonly Lock sync = new();
    Dictionary<string, TaskCompletionSource<Answer>> waiting = [];
    bool asking;

    /// <param name="Key">Null for a key that is not valid.</param>
    /// <param name="AskedAt">Timestamp from before the look-up: the age of the answer counts from it.</param>
    public readonly record struct Answer(IssuedKey? Key, long AskedAt);

    public Task<Answer> Ask(string hash)
    {
        lock (sync)
        {
            if (!waiting.TryGetValue(hash, out var answer))
            {
                if (waiting.Count >= MaxWaiting)
                {
                    throw new CredentialsUncheckedException("Too many unknown API keys are being checked; repeat the request.");
                }

                waiting[hash] = answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (!asking)
            {
                asking = true;
                _ = Work();
            }

            return answer.Task;
        }
    }

    async Task Work()
    {
        await Task.Yield();
        while (NextBatch() is { Count: > 0 } batch)
        {
            var askedAt = time.GetTimestamp();
            try
            {
                using var deadline = new CancellationTokenSource(LookupTimeout, time);
                var found = await source.Find([.. batch.Keys], deadline.Token).WaitAsync(deadline.Token);
                var byHash = found.ToDictionary(x => x.Hash);
                foreach (var (hash, answer) in batch)
                {
                    answer.SetResult(new(byHash.GetValueOrDefault(hash), askedAt));
                }
            }
            catch (Exception failure)
            {
                Fail(batch, failure);
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time);
            }
        }
    }

    static void Fail(Dictionary<string, TaskCompletionSource<Answer>> batch, Exception failure)
    {
        foreach (var answer in batch.Values)
        {
            answer.TrySetException(new CredentialsUncheckedException(
                "The API key cannot be validated at the moment; repeat the request.", failure));
            // The requester may have disconnected
            _ = answer.Task.Exception;
        }
    }

    Dictionary<string, TaskCompletionSource<Answer>> NextBatch()
    {
        lock (sync)
        {
            var batch = waiting;
            if (batch.Count > BatchSize)
            {
                batch = new(batch.Take(BatchSize));
                foreach (var hash in batch.Keys)
                {
                    waiting.Remove(hash);
                }
            }
            else
            {
                waiting = [];
            }

            asking = batch.Count > 0;
            return batch;
        }
    }
}
