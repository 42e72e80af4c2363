using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using MassTransit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Lifecycle.Tests;

/// <summary>The real machine, door and group commit on a real store, with a clock that the test moves and nothing else running.</summary>
sealed class LifecycleRig : IAsyncDisposable
{
    readonly GroupCommitter committer;

    public LifecycleRig(IJobStore store, IQueueStore queues)
    {
        Store = store;
        var bus = Bus.Factory.CreateUsingInMemory(_ => { });
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        var clock = new StoreClock(store, Time);
        committer = new(store, queues, new HotRows());
        var gate = new QueueGate(queues, Time);
        var tickets = new TicketDispatcher(store, new InMemoryBrokerQueues(() => bus), bus, Time, options, NullLogger<TicketDispatcher>.Instance);
        JobEffects? effects = null;
        var pump = new TimerPump(store, new(() => Door!), new(() => effects!), tickets, clock, Time, options, NullLogger<TimerPump>.Instance);
        effects = new JobEffects(
            tickets,
            new StepPublisher(bus, options, NullLogger<StepPublisher>.Instance),
            new WorkerInbox(bus, NullLogger<WorkerInbox>.Instance),
            new JobWatch(store, Time),
            new ParkedJobs(queues, gate, new(pump), clock, Time, options, NullLogger<ParkedJobs>.Instance),
            new(pump));
        Door = new(new JobLifecycle(), committer, effects, gate, clock, options);
    }

    public IJobStore Store { get; }
    public LifecycleOptions Options { get; } = new();
    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    public JobDoor Door { get; }
    public DateTimeOffset Now => Time.GetUtcNow();

    public async Task<JobState> Insert(int maxRetries = 3, double? expiresIn = null, double timeout = 60)
    {
        var job = new JobState
        {
            CorrelationId = Guid.CreateVersion7(),
            Version = 1,
            CurrentState = JobStatus.Pending,
            TaskName = "echo",
            QueueName = "default",
            Owner = "model",
            MaxRetries = maxRetries,
            RetryDelay = 10,
            TimeoutSeconds = timeout,
            CreatedAt = Now,
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

    public async Task<JobState> Find(Guid id) => (await Store.Find(id, default))!;

    public async ValueTask DisposeAsync()
    {
        Door.Dispose();
        await committer.DisposeAsync();
    }
}
