namespace JobSystem.JobApi.Storage;

/// <summary>
/// A count that callers share. It is made anew for each call and so is current, unless it found more than <see cref="Few"/> jobs and took longer than
/// <see cref="quick"/>. Such a one is kept for nine times as long as it took, so that counting uses at most a tenth of a connection however often it is asked
/// for; as long as somebody asks it is made again behind their backs.
/// </summary>
/// <param name="jobs">How many jobs were counted.</param>
sealed class CachedCount<T>(Func<CancellationToken, Task<T>> count, Func<T, long> jobs, TimeProvider time) : IDisposable
    where T : class
{
    const int Share = 9;
    const int Few = 10_000;
    static readonly TimeSpan quick = TimeSpan.FromMilliseconds(150);
    static readonly TimeSpan shortest = TimeSpan.FromSeconds(1);
    static readonly TimeSpan somebodyAsks = TimeSpan.FromMinutes(1);
    readonly SemaphoreSlim turn = new(1, 1);
    volatile Counted? last;
    long askedAt;
    int refreshing;

    public Task<T> Read(CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref askedAt, time.GetTimestamp());
        if (last is not { IsExpensive: true } known)
        {
            return Fresh(cancellationToken);
        }
        if (Interlocked.Exchange(ref refreshing, 1) == 0)
        {
            _ = Refresh();
        }
        return time.GetElapsedTime(known.BeganAt) < known.Pause + known.Took + known.Took + shortest ? Task.FromResult(known.Value) : Fresh(cancellationToken);
    }

    /// <summary>Invalidates the count.</summary>
    public void Forget() => last = null;

    /// <summary>Starts after this call. Concurrent callers share one.</summary>
    async Task<T> Fresh(CancellationToken cancellationToken)
    {
        var called = time.GetTimestamp();
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (last is { } known && known.BeganAt >= called)
            {
                return known.Value;
            }
            var began = time.GetTimestamp();
            var value = await count(cancellationToken);
            var took = time.GetElapsedTime(began);
            last = new(value, began, took, took > quick && jobs(value) > Few);
            return value;
        }
        finally
        {
            turn.Release();
        }
    }

    async Task Refresh()
    {
        try
        {
            while (last is { IsExpensive: true } known && time.GetElapsedTime(Interlocked.Read(ref askedAt)) < somebodyAsks)
            {
                var wait = known.Pause - time.GetElapsedTime(known.BeganAt);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time);
                }
                await Fresh(CancellationToken.None);
            }
        }
        catch (Exception exception) when (exception is StoreUnavailableException or ObjectDisposedException)
        {
            // The next caller gets the exception
        }
        finally
        {
            Interlocked.Exchange(ref refreshing, 0);
        }
    }

    public void Dispose() => turn.Dispose();

    sealed record Counted(T Value, long BeganAt, TimeSpan Took, bool IsExpensive)
    {
        public TimeSpan Pause => Took * Share > shortest ? Took * Share : shortest;
    }
}
