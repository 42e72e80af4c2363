using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.JobApi.Tests.Lifecycle;

/// <summary>What the broker says and what was claimed are given; what is published again counts.</summary>
public sealed class QueueReconcilerTests
{
    static readonly QueuedTask mails = new() { QueueName = "mails", TaskName = "echo" };
    static readonly DateTimeOffset start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    readonly FakeTimeProvider time = new(start);
    readonly Dictionary<TicketLevel, DateTimeOffset> oldest = [];
    readonly List<(TicketLevel Level, DateTimeOffset Before)> published = [];
    readonly ClaimedTickets claimed = new();
    readonly QueueReconciler reconciler;
    long? depth;
    int addedOthers;

    public QueueReconcilerTests()
    {
        var store = StubStore.Answering((method, arguments) => method switch
        {
            nameof(IJobStore.HoldDuty) => Task.FromResult(false),
            nameof(IJobStore.AddQueuedTasksOfConfirmed) => Task.FromResult(addedOthers++),
            nameof(IJobStore.QueuedTasks) => Task.FromResult<IReadOnlyList<QueuedTask>>([mails]),
            nameof(IJobStore.OldestConfirmed) => Task.FromResult<IReadOnlyDictionary<TicketLevel, DateTimeOffset>>(
                oldest.Where(x => x.Value >= ((IReadOnlyDictionary<TicketLevel, DateTimeOffset>)arguments[0]!)[x.Key] && x.Value < (DateTimeOffset)arguments[1]!).ToDictionary()),
            nameof(IJobStore.Redispatch) => Publish((TicketLevel)arguments[0]!, (DateTimeOffset)arguments[1]!),
            _ => null,
        });
        var options = Options.Create(new LifecycleOptions { ReconcileSeconds = 30 });
        var clock = new DatabaseClock(store, time, options, NullLogger<DatabaseClock>.Instance);
        reconciler = new(store, new Broker(() => depth), claimed, clock, time, options, NullLogger<QueueReconciler>.Instance);
        time.Advance(TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task Compare_BusyQueue_WhatYoungerTicketsHaveOvertakenIsLost()
    {
        (depth, oldest[new(mails, 2)]) = (5000, start);
        Claim(priority: 2, start.AddSeconds(10));
        await reconciler.Compare(default);
        Assert.Empty(published);

        Claim(priority: 2, start.AddSeconds(40));
        Claim(priority: 2, start.AddSeconds(5));
        await reconciler.Compare(default);
        Assert.Equal([(new(mails, 2), start.AddSeconds(25))], published);
    }

    [Theory, InlineData(1, true), InlineData(2, true), InlineData(3, false)]
    public async Task Compare_ClaimOfAnotherPriority_TellsOfHigherOnesOnly(byte priority, bool lost)
    {
        (depth, oldest[new(mails, 2)]) = (1, start);
        Claim(priority, start.AddMinutes(5));
        await reconciler.Compare(default);
        Assert.Equal(lost, published.Count > 0);
    }

    [Fact]
    public async Task Compare_ClaimsOfAnotherQueue_TellNothing()
    {
        (depth, oldest[new(mails, 2)]) = (1, start);
        claimed.Add(Job(mails with { QueueName = "other" }, 2, start.AddMinutes(5)));
        await reconciler.Compare(default);
        Assert.Empty(published);
    }

    /// <summary>Or a task that no worker has would be published again and again while others of its queue go by.</summary>
    [Fact]
    public async Task Compare_ClaimsOfAnotherTaskOrVersion_TellNothing()
    {
        (depth, oldest[new(mails, 2)]) = (1, start);
        claimed.Add(Job(mails with { TaskName = "send" }, 2, start.AddMinutes(5)));
        claimed.Add(Job(mails with { Version = "2.0" }, 2, start.AddMinutes(5)));
        await reconciler.Compare(default);
        Assert.Empty(published);
    }

    [Fact]
    public async Task Compare_EmptyQueue_IsBelievedTheSecondTime()
    {
        (depth, oldest[new(mails, 4)]) = (0, start);
        await reconciler.Compare(default);
        Assert.Empty(published);
        await reconciler.Compare(default);
        Assert.Equal([(new(mails, 4), time.GetUtcNow().AddSeconds(-15))], published);

        depth = 1;
        await reconciler.Compare(default);
        depth = 0;
        await reconciler.Compare(default);
        Assert.Single(published);
    }

    [Fact]
    public async Task Compare_BrokerHasNoSuchQueue_AllIsLost()
    {
        (depth, oldest[new(mails, 2)], oldest[new(mails, 4)]) = (null, start, start.AddMinutes(1));
        await reconciler.Compare(default);
        Assert.Equal([new(mails, 4), new(mails, 2)], published.Select(x => x.Level).OrderByDescending(x => x.Priority));
    }

    [Fact]
    public async Task Compare_NothingMoves_NothingIsLost()
    {
        (depth, oldest[new(mails, 2)]) = (1, start);
        for (var n = 0; n < 5; n++)
        {
            await reconciler.Compare(default);
            time.Advance(TimeSpan.FromHours(1));
        }
        Assert.Empty(published);
    }

    /// <summary>It may have taken the place of the last instance of before, whose tickets belong to tasks that no other one knows.</summary>
    [Fact]
    public async Task Look_WhileAnotherInstanceHasTheDuty_AddsTheTasksOfBeforeOnce()
    {
        await reconciler.Reconcile(default);
        await reconciler.Reconcile(default);
        Assert.Equal(1, addedOthers);
    }

    [Fact]
    public async Task Compare_AddsTheTasksOfBeforeNowAndThen()
    {
        await reconciler.Compare(default);
        await reconciler.Compare(default);
        Assert.Equal(1, addedOthers);

        time.Advance(TimeSpan.FromMinutes(11));
        await reconciler.Compare(default);
        Assert.Equal(2, addedOthers);
    }

    void Claim(byte priority, DateTimeOffset ready) => claimed.Add(Job(mails, priority, ready));

    static JobState Job(QueuedTask task, byte priority, DateTimeOffset created) =>
        new() { TaskName = task.TaskName, TaskVersion = task.Version, Owner = "ann", QueueName = task.QueueName, Priority = priority, CreatedAt = created, ReadyAt = created };

    Task<long> Publish(TicketLevel level, DateTimeOffset before)
    {
        published.Add((level, before));
        return Task.FromResult(1L);
    }

    sealed class Broker(Func<long?> depth) : IBrokerQueues
    {
        public bool DiesWithProcess => false;

        public Task Declare(QueuedTask task, CancellationToken cancellationToken) => Task.CompletedTask;

        public void Forget(QueuedTask task)
        {
        }

        public Uri Address(QueuedTask task) => new($"exchange:{task.QueueName}");

        public Task Purge(QueuedTask task, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<long?> Depth(QueuedTask task, CancellationToken cancellationToken) => Task.FromResult(depth());
    }
}
