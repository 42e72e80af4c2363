using System.Collections.Concurrent;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Lifecycle;

/// <summary>With a flush that the test holds up.</summary>
public sealed class BatchQueueTests
{
    readonly ConcurrentQueue<int[]> flushed = new();
    readonly SemaphoreSlim begun = new(0);
    readonly SemaphoreSlim mayEnd = new(0);

    [Fact]
    public async Task Enqueue_WhileAFlushIsInFlight_TheNextCarriesAll()
    {
        await using var queue = Queue(new(10));
        var first = await BeginFlush(queue, 1);
        var calls = new[] { first, queue.Enqueue(2, default), queue.Enqueue(3, default) };
        mayEnd.Release(2);

        var results = await Task.WhenAll(calls);
        Assert.Equal([-1, -2, -3], results);
        Assert.Equal([[1], [2, 3]], flushed);
    }

    [Fact]
    public async Task Enqueue_CancelledWhileItWaits_IsNotFlushed()
    {
        await using var queue = Queue(new(10));
        using var gone = new CancellationTokenSource();
        var first = await BeginFlush(queue, 1);
        var abandoned = queue.Enqueue(2, gone.Token);
        var patient = queue.Enqueue(3, default);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        mayEnd.Release(2);

        await Task.WhenAll(first, patient);
        Assert.Equal([[1], [3]], flushed);
    }

    [Fact]
    public async Task Enqueue_CancelledWhenItsFlushHasBegun_IsCarriedThrough()
    {
        await using var queue = Queue(new(10));
        using var gone = new CancellationTokenSource();
        var call = queue.Enqueue(1, gone.Token);
        await begun.WaitAsync();
        await gone.CancelAsync();
        Assert.False(call.IsCompleted);
        mayEnd.Release();

        Assert.Equal(-1, await call);
    }

    [Fact]
    public async Task Enqueue_MoreThanMayWait_IsRefusedAtOnce_UntilOthersHaveGone()
    {
        await using var queue = Queue(new(10) { WaitingWeight = 2 });
        using var gone = new CancellationTokenSource();
        var first = await BeginFlush(queue, 1);
        var second = queue.Enqueue(2, default);
        var third = queue.Enqueue(3, gone.Token);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => queue.Enqueue(4, default));

        // One that is abandoned makes room
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        var fifth = queue.Enqueue(5, default);
        mayEnd.Release(2);

        await Task.WhenAll(first, second, fifth);
        Assert.Equal([[1], [2, 5]], flushed);
    }

    [Fact]
    public async Task Enqueue_BytesAreBounded_InAFlushAndInWaiting_ButOneLargeItemAlwaysGoes()
    {
        await using var queue = Queue(new(10) { Bytes = 100, WaitingBytes = 250 });
        var first = await BeginFlush(queue, 1000);
        var calls = new List<Task<int>> { first, queue.Enqueue(60, default), queue.Enqueue(61, default), queue.Enqueue(62, default) };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => queue.Enqueue(70, default));
        mayEnd.Release(3);

        await Task.WhenAll(calls);
        Assert.Equal([[1000], [60, 61], [62]], flushed);
    }

    BatchQueue<int, int> Queue(BatchLimits limits) => new(limits, parallelFlushes: 1, async (items, cancellationToken) =>
    {
        begun.Release();
        await mayEnd.WaitAsync(cancellationToken);
        flushed.Enqueue([.. items]);
        return [.. items.Select(x => -x)];
    }, measure: x => x);

    async Task<Task<int>> BeginFlush(BatchQueue<int, int> queue, int item)
    {
        var call = queue.Enqueue(item, default);
        await begun.WaitAsync();
        return call;
    }
}
