using JobSystem.Contracts;
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

/// <summary>The real machine, event processor and group commit on a real store, with a clock that the test moves and nothing else running.</summary>
sealed class LifecycleRig : IAsyncDisposable
{
    readonly GroupCommitter committer;
    readonly Func<string, Task> execute;

    /// <summary>Others share the database: what is paused must be this rig's own.</summary>
    readonly string queue = $"queue-{Guid.CreateVersion7():N}";
    bool isPaused;

    public static async Task<LifecycleRig> Open(ModelStore store)
    {
        var rig = new LifecycleRig(store.Jobs, store.Execute);
        await store.Jobs.AddQueue(rig.queue, default);
        return rig;
    }

    LifecycleRig(IJobStore store, Func<string, Task> execute)
    {
        (Store, this.execute) = (store, execute);
        var recent = new RecentJobCache();
        var bus = Bus.Factory.CreateUsingInMemory(_ => { });
        var options = Microsoft.Extensions.Options.Options.Create(Options);
        var clock = new DatabaseClock(store, Time, options, NullLogger<DatabaseClock>.Instance);
        committer = new(store, recent);
        var effects = new JobEffects(
            new(Time),
            recent,
            new JobEventPublisher(bus, options, NullLogger<JobEventPublisher>.Instance),
            new WorkerMessenger(bus, NullLogger<WorkerMessenger>.Instance),
            new JobCompletionWaiter(store, Time),
            new(),
            new());
        var gaps = new HeartbeatGaps(clock, Time, options, isOnlyInstance: true);
        Door = new(new JobLifecycle(), committer, effects, clock, gaps, options);
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

    /// <summary>A job that goes with the completion of an attempt. It waits where the rig does not claim.</summary>
    public JobState NewFollowUp(Guid parent, int attempt, int index)
    {
        var job = new JobState
        {
            CorrelationId = FollowUpJobs.IdOf(parent, attempt, index),
            ParentId = parent,
            Version = 1,
            TaskName = "echo",
            QueueName = "followers",
            Owner = "model",
            TimeoutSeconds = 60,
            CreatedAt = Now,
            ReadyAt = Now,
            UpdatedAt = Now,
            DueAt = Now + Options.DispatchCheck,
        };
        job.NewSteps.Add(job.ToEvent("created", Now));
        return job;
    }

    public Task<Decision> Raise<T>(T message) where T : class, IAboutJob => Door.Raise(message, default);

    public async Task Pause(bool pause)
    {
        if (pause != isPaused)
        {
            isPaused = pause;
            await execute($"update queues set is_paused = {(pause ? "true" : "false")} where name = '{queue}'");
        }
    }

    /// <summary>Reserves what waits in the rig's queue, of which there is one job at most.</summary>
    public async Task<JobState?> Claim(string worker)
    {
        var claimed = await Store.Claim(new()
        {
            Levels = [.. WaitingLevel.AllOf(new(queue, "echo", null)).Select(x => (x, DateTimeOffset.UnixEpoch))],
            Queues = [queue],
            Workers = [worker],
            Now = Now,
            LeaseUntil = Now + Options.Lease,
        }, default);
        return claimed.Jobs.SingleOrDefault();
    }

    public async Task<JobState> Find(Guid id) => (await Store.Find(id, default))!;

    public async ValueTask DisposeAsync()
    {
        Door.Dispose();
        await committer.DisposeAsync();
    }
}
