using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Storage;

/// <summary>What every verb of <see cref="IJobStore"/> promises, whatever the database. Each test begins with empty tables.</summary>
public abstract class JobStoreConformance<TDatabase>(TDatabase database) : IClassFixture<TDatabase>, IAsyncLifetime
    where TDatabase : class, ITestStores
{
    static readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();

    protected TDatabase Database => database;

    protected IJobStore Store => database.Store;

    protected IJobStore Other => database.Other;

    /// <summary>A moment that both databases keep as it is.</summary>
    protected static DateTimeOffset Moment { get; } = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));

    public async Task InitializeAsync()
    {
        foreach (var table in (string[])["jobs", "job_logs", "queues", "queue_slots", "workers", "tasks", "task_workers", "rollup_inbox", "rollups", "duties", "job_totals", "queued_tasks"])
        {
            await database.Execute($"delete from {table}");
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    protected static JobState NewJob(Action<JobState>? change = null)
    {
        var job = new JobState
        {
            CorrelationId = Guid.CreateVersion7(),
            Version = 1,
            TaskName = "echo",
            QueueName = "default",
            Owner = "ann",
            CreatedAt = Moment,
            ReadyAt = Moment,
            UpdatedAt = Moment,
            MaxRetries = 3,
            RetryDelay = 60,
            TimeoutSeconds = 300,
            DueAt = Moment.AddHours(1),
        };
        change?.Invoke(job);
        job.NewSteps.Add(Step(job, "created"));
        return job;
    }

    protected static JobEvent Step(JobState job, string word) => job.ToEvent(word, Moment);

    protected async Task<JobState> Insert(Action<JobState>? change = null)
    {
        var job = NewJob(change);
        Assert.Null((await Insert(job)).Conflict);
        return job;
    }

    protected async Task<InsertResult> Insert(params JobState[] jobs) => Assert.Single(await Store.Insert([new(jobs)], default));

    /// <summary>Loads the row, changes it as the machine would, and writes it.</summary>
    protected async Task<JobState> Change(Guid id, Action<JobState> change)
    {
        var job = (await Store.Load([id], default))[id];
        change(job);
        Assert.True(Assert.Single(await Store.Write([new(job, job.Version)], default)));
        return job;
    }

    protected Task<JobState> Reserve(Guid id, string worker = "w1") => Change(id, x => Reserve(x, worker));

    protected static void Reserve(JobState job, string worker = "w1") =>
        (job.CurrentState, job.Attempt, job.WorkerId, job.LeaseUntil, job.DueAt) = (JobStatus.Reserved, job.Attempt + 1, worker, Moment.AddMinutes(10), Moment.AddMinutes(10));

    protected Task<JobState> Finish(Guid id, string status, DateTimeOffset? at = null) => Change(id, x => Finish(x, status, at));

    protected static void Finish(JobState job, string status, DateTimeOffset? at = null) =>
        (job.CurrentState, job.CompletedAt, job.Outcome, job.DueAt, job.LeaseUntil) = (status, at ?? Moment, status == JobStatus.Completed ? null : status, null, null);

    /// <summary>Jobs that are due now, oldest timer first.</summary>
    protected async Task<IReadOnlyList<Guid>> Due(int limit) =>
        [.. (await Store.Due(DateTimeOffset.UnixEpoch, await Store.Now(default), limit, default)).Select(x => x.Id)];

    /// <summary>A claim of jobs of the task echo, with all priorities.</summary>
    protected static JobClaim NewClaim(int count, string queue = "default", string worker = "w1") => new()
    {
        Levels = [.. Levels(queue).Select(x => (x, DateTimeOffset.UnixEpoch))],
        Queues = [queue],
        Workers = [.. Enumerable.Repeat(worker, count)],
        Now = Moment.AddSeconds(1),
        LeaseUntil = Moment.AddMinutes(10),
    };

    /// <summary>Claims jobs of a queue with limits.</summary>
    protected Task<ClaimedJobs> Claim(int count, string queue) => Store.Claim(NewClaim(count, queue) with { LimitedQueue = queue }, default);

    protected async Task<List<JobState>> Jobs(string queue, int count)
    {
        var jobs = Enumerable.Range(0, count).Select(_ => NewJob(x => x.QueueName = queue)).ToList();
        await Insert([.. jobs]);
        return jobs;
    }

    /// <summary>Adds a queue with these settings, in SQL.</summary>
    protected async Task Queue(string name, string settings)
    {
        await Store.AddQueue(name, default);
        await Database.Execute($"update queues set {settings} where name = '{name}'");
    }

    protected static IEnumerable<WaitingLevel> Levels(string queue) => WaitingLevel.AllOf(new(queue, "echo", null));

    protected async Task<JobState> Find(Guid id) => await Store.Find(id, default) ?? throw new InvalidOperationException($"{id} is gone");
}
