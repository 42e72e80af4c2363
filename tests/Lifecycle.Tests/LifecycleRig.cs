using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Events;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Commit;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Lifecycle.Tests;

/// <summary>The real machine, door and group commit on a real store, with a clock that the test moves and nothing else running.</summary>
sealed class LifecycleRig : IAsyncDisposable
{
    readonly GroupCommitter committer;
    readonly QueueLimitCache gate;
    readonly IQueueStore queues;
    readonly Func<string, Task> execute;

    /// <summary>Others share the database: what is paused must be this rig's own.</summary>
    readonly string queue = $"queue-{Guid.CreateVersion7():N}";
    bool isPaused;

    public static async Task<LifecycleRig> Open(ModelStore store)
    {
        var rig = new LifecycleRig(store.Jobs, store.Queues, store.Execute);
        await store.Jobs.AddQueue(rig.queue, default);
        return rig;
    }

    LifecycleRig(IJobStore store, IQueueStore queues, Func<string, Task> execute)
    {
        (Store, this.queues, this.execute) = (store, queues, execute);
        var bus = Bus.Factory.CreateUsingInMemory(_ => { });
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        var clock = new DatabaseClock(store, Time, options, NullLogger<DatabaseClock>.Instance);
        committer = new(store, queues, new RecentJobCache());
        gate = new QueueLimitCache(queues, Time);
        var broker = new InMemoryBrokerQueues(() => bus);
        var jobQueues = new JobQueues(store, broker, gate, bus, NullLogger<JobQueues>.Instance);
        var effects = new JobEffects(
            new TicketDispatcher(store, jobQueues, broker, bus, Time, options, NullLogger<TicketDispatcher>.Instance),
            new(),
            new JobEventPublisher(bus, options, NullLogger<JobEventPublisher>.Instance),
            new WorkerMessenger(bus, NullLogger<WorkerMessenger>.Instance),
            new JobCompletionWaiter(store, Time),
            new(),
            new(),
            new());
        var gaps = new HeartbeatGaps(clock, Time, options, brokerDiesWithProcess: true);
        Door = new(new JobLifecycle(), committer, effects, gate, clock, gaps, options);
    }

    public IJobStore Store { get; }
    public LifecycleOptions Options { get; } = new();
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    public JobEventProcessor Door { get; }
    public DateTimeOffset Now => Time.GetUtcNow();

    public async Task<JobState> Insert(int maxRetries = 3, double? expiresIn = null, double timeout = 60)
    {
        var job = new JobState
        {
            CorrelationId = Guid.CreateVersion7(),
            Version = 1,
            CurrentState = JobStatus.Pending,
            TaskName = "echo",
            QueueName = queue,
            Owner = "model",
            MaxRetries = maxRetries,
            RetryDelay = 10,
            TimeoutSeconds = timeout,
            CreatedAt = Now,
            ReadyAt = Now,
            UpdatedAt = Now,
            ExpiresAt = expiresIn is { } seconds ? Now.AddSeconds(seconds) : null,
        };
        var look = Now + Options.DispatchCheck;
        job.DueAt = job.ExpiresAt < look ? job.ExpiresAt : look;
        job.NewSteps.Add(job.ToEvent("created", Now));
        Assert.Null((await Store.Insert([new([job])], default))[0].Conflict);
        return job;
    }

    public Task<Decision> Raise<T>(T message) where T : class, IAboutJob => Door.Raise(message, default);

    public async Task Pause(bool pause)
    {
        if (pause != isPaused)
        {
            isPaused = pause;
            await execute($"update queues set is_paused = {(pause ? "true" : "false")} where name = '{queue}'");
            await gate.Refresh(default);
        }
    }

    public Task Wake() => queues.Wake(queue, 10, default);

    public async Task<JobState> Find(Guid id) => (await Store.Find(id, default))!;

    public async ValueTask DisposeAsync()
    {
        Door.Dispose();
        gate.Dispose();
        await committer.DisposeAsync();
    }
}
