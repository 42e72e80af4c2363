using System.Collections.Concurrent;
using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

/// <summary>When how many attempts are requested, with eight slots.</summary>
public sealed class AttemptRequestsTests : IAsyncDisposable
{
    readonly FakeTimeProvider time = new();
    readonly ConcurrentQueue<TaskCompletionSource> running = new();
    readonly ServiceProvider services;
    readonly AttemptRequests requests;
    readonly Attempts attempts;

    public AttemptRequestsTests()
    {
        services = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().Build())
            .AddJobWorker(x => x.Tasks.MapTask("task", () =>
            {
                var end = new TaskCompletionSource();
                running.Enqueue(end);
                return end.Task;
            }).WithVersion("2.0")).AddJobWorkerBus()
            .BuildServiceProvider();
        requests = services.GetRequiredService<AttemptRequests>();
        attempts = services.GetRequiredService<Attempts>();
        requests.Start();
    }

    [Fact]
    public void CreateNext_Started_RequestsAllPlaces()
    {
        var request = Next();
        Assert.Equal((8, null, null), (request.Count, request.Replaces, request.Queues));
        Assert.Equal(("task", "2.0"), request.Tasks.Select(x => (x.Name, x.Version)).Single());
        Assert.Null(requests.CreateNext());
        Assert.Equal(8, requests.Outstanding);
    }

    [Fact]
    public void CreateNext_NotStarted_IsNull() =>
        Assert.Null(ActivatorUtilities.CreateInstance<AttemptRequests>(services).CreateNext());

    [Fact]
    public async Task CreateNext_MuchIsOutstanding_WaitsForHalfOfThePlaces()
    {
        Grant(Next(), 5);
        await End(3);
        Assert.Null(requests.CreateNext());
        await End(1);
        Assert.Equal(4, Next().Count);
        Assert.Equal(7, requests.Outstanding);
    }

    [Fact]
    public async Task CreateNext_LittleIsOutstanding_RequestsEachPlace()
    {
        Grant(Next(), 7);
        await End(1);
        var request = Next();
        Assert.Equal((1, null), (request.Count, request.Replaces));
    }

    [Fact]
    public async Task CreateNext_NothingIsOutstanding_RequestsWhatIsFree()
    {
        Grant(Next(), 8);
        Assert.Null(requests.CreateNext());
        await End(2);
        Assert.Equal(2, Next().Count);
    }

    [Fact]
    public async Task CreateNext_RequestIsTwoSecondsOld_RenewsItWithAllThatIsFree()
    {
        var first = Next();
        Grant(first, 5);
        await End(1);
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Null(requests.CreateNext());
        Assert.InRange(requests.UntilRenewal, TimeSpan.FromSeconds(0.09), TimeSpan.FromSeconds(0.11));
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(TimeSpan.Zero, requests.UntilRenewal);
        var renewed = Next();
        Assert.Equal((4, first.RequestId), (renewed.Count, renewed.Replaces));
        Assert.NotEqual(first.RequestId, renewed.RequestId);
        Assert.Equal(4, requests.Outstanding);
        Assert.Equal(TimeSpan.FromSeconds(2), requests.UntilRenewal);
    }

    [Fact]
    public async Task CreateNext_TwoRequestsAreDue_RenewsBothAsOne()
    {
        var first = Next();
        Grant(first, 7);
        await End(3);
        var second = Next();
        time.Advance(TimeSpan.FromSeconds(2));
        var renewed = Next();
        Assert.Equal((4, second.RequestId), (renewed.Count, renewed.Replaces));
        Assert.Null(requests.CreateNext());
        // Both may still be answered
        Grant(first, 1);
        Assert.Equal((5, 4), (attempts.Unended, requests.Outstanding));
    }

    [Fact]
    public void CreateNext_AllPlacesAreTaken_RenewsNothing()
    {
        Grant(Next(), 8);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(requests.CreateNext());
        Assert.Equal(Timeout.InfiniteTimeSpan, requests.UntilRenewal);
    }

    [Fact]
    public void CreateNext_MoreWereGrantedThanThereArePlaces_RequestsNothing()
    {
        var first = Next();
        time.Advance(TimeSpan.FromSeconds(2));
        var second = Next();
        Grant(first, 6);
        Grant(second, 6);
        Assert.Equal((12, 2), (attempts.Unended, requests.Outstanding));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(requests.CreateNext());
        Assert.Equal(0, requests.Outstanding);
    }

    /// <summary>Leases count from the request: with an older one, little of them would be left.</summary>
    [Fact]
    public void CreateNext_LeasesAreShort_RenewsEarlier()
    {
        Grant(Next(), 1, lease: 3);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(7, Next().Count);
    }

    [Fact]
    public void RenewAll_RequestIsNew_IsReplaced()
    {
        var first = Next();
        requests.RenewAll();
        Assert.Equal(first.RequestId, Next().Replaces);
        Assert.Null(requests.CreateNext());
    }

    [Fact]
    public void CreateNext_Paused_IsNullUntilItIsResumed()
    {
        var first = Next();
        var queues = services.GetRequiredService<ServedQueues>();
        queues.SetPaused(true);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(requests.CreateNext());
        Assert.Equal(Timeout.InfiniteTimeSpan, requests.UntilRenewal);
        queues.SetPaused(false);
        var next = Next();
        Assert.Equal((8, first.RequestId), (next.Count, next.Replaces));
    }

    [Fact]
    public void CreateNext_QueuesWereReplaced_RenewsWithTheNewOnes()
    {
        var first = Next();
        services.GetRequiredService<ServedQueues>().Replace(["mails"]);
        var renewed = Next();
        Assert.Equal(first.RequestId, renewed.Replaces);
        Assert.Equal(["mails"], renewed.Queues);
    }

    [Fact]
    public void CreateNext_Closed_IsNull()
    {
        requests.Close();
        Assert.Null(requests.CreateNext());
    }

    [Fact]
    public async Task CreateNext_AttemptsAreShort_RequestsMoreThanThereAreSlots()
    {
        Grant(Next(), 8);
        var prefetch = services.GetRequiredService<Prefetch>();
        for (var i = 0; i < 200; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            prefetch.AddEnd();
        }
        await End(1);
        Assert.Equal(8 + prefetch.Count, requests.Places);
        Assert.Equal(prefetch.Count + 1, Next().Count);
    }

    [Fact]
    public async Task OnDemandChanged_AttemptEnds_IsCalled()
    {
        var calls = 0;
        Grant(Next(), 1);
        requests.OnDemandChanged = () => Interlocked.Increment(ref calls);
        await End(1);
        await Eventually.Holds(() => calls == 1);
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    RequestAttempts Next() => requests.CreateNext()!;

    void Grant(RequestAttempts request, int count, double lease = 30) => requests.Admit(new()
    {
        RequestId = request.RequestId,
        Granted = [.. Enumerable.Range(0, count).Select(_ => DetachedAttempt.Grant() with { Lease = lease })],
    });

    /// <summary>Lets so many attempts end that are running, or start meanwhile.</summary>
    async Task End(int count)
    {
        var before = attempts.Unended;
        for (var n = 0; n < count; n++)
        {
            await Eventually.Holds(() => !running.IsEmpty);
            running.TryDequeue(out var end);
            end!.SetResult();
        }
        await Eventually.Holds(() => attempts.Unended == before - count);
    }
}
