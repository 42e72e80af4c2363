using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tasks;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Http.Jobs;

/// <summary>Explains why a job is not running: returns the first reason that applies.</summary>
public sealed class JobExplainer(JobQueries database, IQueueStore queues, TaskRegistry tasks, WorkerDirectory workers, DatabaseClock clock)
{
    /// <summary>Positions are counted up to this limit.</summary>
    public const int FarthestPosition = 10_000;

    /// <summary>Number of recent jobs that the estimate uses.</summary>
    const int Recent = 500;

    public async Task<WaitReason> Explain(JobState job, CancellationToken cancellationToken) =>
        Course(job) ?? NotDue(job) ?? await Waiting(job, cancellationToken);

    /// <summary>The job waits in the queue, regardless of the reason.</summary>
    async Task<WaitReason> Waiting(JobState job, CancellationToken cancellationToken)
    {
        var ahead = await database.Run((context, ct) => Ahead(context.Jobs.AsNoTracking(), job).Take(FarthestPosition).CountAsync(ct), cancellationToken);
        var reason = await Held(job, cancellationToken) ?? await WithoutWorker(job, cancellationToken) ?? await Limited(job, cancellationToken)
            ?? await Behind(job, ahead, cancellationToken);
        return reason with { Position = ahead + 1 };
    }

    static WaitReason? Course(JobState job) => job.CurrentState switch
    {
        JobStatus.Running when job.IsBroadcast => new("running", $"Its children run, one on each worker; {job.Progress:0} % of them have ended."),
        JobStatus.Reserved => new("running", $"Worker {job.WorkerId} has taken it and is about to start."),
        JobStatus.Running => new("running", $"Worker {job.WorkerId} is running attempt {job.Attempt}."),
        _ when JobStatus.IsFinal(job.CurrentState) => new("finished", $"It ended as {job.CurrentState}."),
        _ => null,
    };

    WaitReason? NotDue(JobState job)
    {
        if (job.NotBefore is not { } moment || moment <= clock.UtcNow)
        {
            return null;
        }
        var why = job.CurrentState == JobStatus.Retrying ? $"Attempt {job.Attempt} failed; the next one starts"
            : job.Attempt > 0 ? "Its task put it off; it goes on" : "It is scheduled";
        return new("not_due", $"{why} at {moment.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}.") { DueAt = moment };
    }

    async Task<WaitReason?> Held(JobState job, CancellationToken cancellationToken) =>
        await queues.Room(job.QueueName, cancellationToken) is { Control.IsPaused: true }
            ? new("queue_paused", $"Queue {job.QueueName} is paused.")
            : null;

    async Task<WaitReason?> Limited(JobState job, CancellationToken cancellationToken)
    {
        if (await queues.Room(job.QueueName, cancellationToken) is not { Free: <= 0 } room)
        {
            return null;
        }
        return room.Control.MaxConcurrency is { } most && room.Held >= most
            ? new("concurrency_limit", $"Queue {job.QueueName} may run {most} at once, and does.")
            : new("rate_limit", $"Queue {job.QueueName} may start {room.Control.Rate?.Limit} in {room.Control.Rate?.Period} s, and has.");
    }

    async Task<WaitReason?> WithoutWorker(JobState job, CancellationToken cancellationToken)
    {
        await tasks.Refresh(cancellationToken);
        var live = (await workers.Live(cancellationToken)).ToDictionary(x => x.Id);
        if (job.PinnedTo is { } only && !live.ContainsKey(only))
        {
            return new("no_worker", $"It is for worker {only} alone, which is gone.");
        }
        var versions = tasks.Versions(job.TaskName);
        var able = Offering(versions.Where(x => job.TaskVersion is null || x.Task.Version == job.TaskVersion), live);
        if (able.Count == 0)
        {
            var others = Offering(versions, live);
            return job.TaskVersion is not null && others.Count > 0
                ? new("no_worker_for_version", $"No live worker has version {job.TaskVersion} of {job.TaskName}; there are {string.Join(", ", versions.Where(x => x.Workers.Any(live.ContainsKey)).Select(x => x.Task.Version))}.")
                : new("no_worker", $"No live worker has the task {job.TaskName}.");
        }
        var serving = able.FindAll(x => WorkerDirectory.Queues(x).Contains(job.QueueName));
        if (serving.Count == 0)
        {
            return new("no_worker", $"No live worker that has the task {job.TaskName} takes jobs from queue {job.QueueName}.");
        }
        return serving.TrueForAll(x => x.Status != "running")
            ? new("no_worker", $"The workers that could run it are {string.Join(", ", serving.Select(x => x.Status).Distinct())}.")
            : null;
    }

    static List<WorkerRow> Offering(IEnumerable<KnownTask> versions, Dictionary<string, WorkerRow> live) =>
        [.. versions.SelectMany(x => x.Workers).Distinct().Where(live.ContainsKey).Select(x => live[x])];

    async Task<WaitReason> Behind(JobState job, int ahead, CancellationToken cancellationToken)
    {
        var slots = (await workers.Live(cancellationToken)).Where(x => x.Status == "running" && WorkerDirectory.Queues(x).Contains(job.QueueName)).Sum(x => x.Slots);
        var seconds = await database.Run((context, ct) => AverageRun(context.Jobs.AsNoTracking(), job.QueueName, ct), cancellationToken);
        var start = seconds is { } each && slots > 0 ? clock.UtcNow.AddSeconds(each * (ahead + 1) / slots) : (DateTimeOffset?)null;
        var reason = ahead == 0 ? $"It is the next of queue {job.QueueName}."
            : ahead == 1 ? $"One job of queue {job.QueueName} is before it."
            : $"{(ahead == FarthestPosition ? "At least " : "")}{ahead} jobs of queue {job.QueueName} are before it.";
        return new("behind_others", reason) { EstimatedStart = start };
    }

    static IQueryable<JobState> Ahead(IQueryable<JobState> jobs, JobState job) => jobs.Where(x =>
        x.CompletedAt == null && x.QueueName == job.QueueName && x.CurrentState == JobStatus.Pending && x.NotBefore == null
        && (x.Priority > job.Priority || (x.Priority == job.Priority && x.ReadyAt < job.ReadyAt)));

    static async Task<double?> AverageRun(IQueryable<JobState> jobs, string queue, CancellationToken cancellationToken)
    {
        var runs = await jobs.OrderByDescending(x => x.CreatedAt).Take(Recent).Where(x => x.QueueName == queue && x.CompletedAt != null && x.StartedAt != null)
            .Select(x => new { x.StartedAt, x.CompletedAt }).ToListAsync(cancellationToken);
        return runs.Count == 0 ? null : runs.Average(x => Math.Max(0, (x.CompletedAt!.Value - x.StartedAt!.Value).TotalSeconds));
    }
}

/// <param name="Code">A stable word for programs.</param>
/// <param name="Reason">A sentence for people.</param>
public sealed record WaitReason(string Code, string Reason)
{
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Position in the queue, starting at 1; null for a job that is not waiting.</summary>
    public int? Position { get; init; }

    /// <summary>Estimated from the durations of recent jobs of the queue; null if there were none.</summary>
    public DateTimeOffset? EstimatedStart { get; init; }
}
