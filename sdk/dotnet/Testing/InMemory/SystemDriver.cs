using System.Collections.Concurrent;
using System.Diagnostics;
using JobSystem.Client;
using JobSystem.Contracts;
using JobSystem.JobApi.Background;
using JobSystem.JobApi.Effects;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Tasks;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using JobSystem.Scheduler;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.Testing.Clock;
using JobSystem.Worker;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Http;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using JobSystem.Worker.Transport;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.Testing.InMemory;

/// <summary>Lets a system work until it has nothing to do, and moves its clock from one moment at which something is due to the next.</summary>
sealed class SystemDriver
{
    /// <summary>Most jobs of one group that are named.</summary>
    const int MostNamed = 100;
    const int MaxBatch = 1000;

    /// <summary>Before the announcement of the worker's tasks is too old to count.</summary>
    static readonly TimeSpan announceAfter = TimeSpan.FromMinutes(1);
    static readonly TimeSpan beforeNextLook = TimeSpan.FromMilliseconds(1);
    static readonly TimeSpan longestStart = TimeSpan.FromSeconds(15);

    readonly IServiceProvider system;
    readonly TestClock clock;
    readonly JobSystemClient client;
    readonly Attempts attempts;
    readonly TaskCatalog catalog;
    readonly WorkerIdentity worker;
    readonly HttpTransport transport;
    readonly int slots;
    readonly SystemProbe probe;
    readonly ConcurrentQueue<RanAttempt> ran = new();
    readonly HashSet<(AttemptKey, JobStopReason)> gaveUp = [];
    readonly Dictionary<string, DateTimeOffset> nextTokens = [];
    IReadOnlyList<WaitingJob> waiting = [];
    DateTimeOffset announcedAt;

    /// <param name="application">The container of the application.</param>
    /// <param name="system">The container of the system.</param>
    /// <param name="clock">The clock of both.</param>
    public SystemDriver(IServiceProvider application, IServiceProvider system, TestClock clock)
    {
        (this.system, this.clock, announcedAt) = (system, clock, clock.GetUtcNow());
        client = application.GetRequiredService<JobSystemClient>();
        attempts = application.GetRequiredService<Attempts>();
        catalog = application.GetRequiredService<TaskCatalog>();
        worker = application.GetRequiredService<WorkerIdentity>();
        transport = (HttpTransport)application.GetRequiredService<IWorkerTransport>();
        slots = application.GetRequiredService<IOptions<JobWorkerOptions>>().Value.Slots;
        attempts.OnLastReport = Add;
        probe = new(
            system.GetRequiredService<IJobStore>(), system.GetRequiredService<IDbContextFactory<JobsDbContext>>(), system.GetRequiredService<DatabaseClock>(),
            system.GetRequiredService<ScheduleStore>(), system.GetRequiredService<IDbContextFactory<ScheduleDbContext>>(), attempts, slots, clock,
            run => gaveUp.Contains((run.Key, run.StopReason)));
    }

    /// <summary>How long the system may do nothing in real time while an attempt runs or a job could start.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Ends when the system has heard of its worker: before, its jobs have nobody to run them. A worker without tasks has none.</summary>
    /// <exception cref="InvalidOperationException">The worker is refused, or was not heard of in time.</exception>
    public async Task AwaitWorker(CancellationToken cancellationToken)
    {
        if (catalog.Announcements.Count == 0)
        {
            return;
        }
        var since = Stopwatch.GetTimestamp();
        var workers = system.GetRequiredService<WorkerDirectory>();
        while (!(await workers.Live(cancellationToken)).Any(x => x.Id == worker.Id && x.Status == "running"))
        {
            if (transport.IsRefused || Stopwatch.GetElapsedTime(since) > longestStart)
            {
                throw new InvalidOperationException($"The worker of the test cannot start: {transport.UnavailableReason ?? "the system has not heard of it."}");
            }
            await Task.Delay(beforeNextLook, cancellationToken);
        }
    }

    public async Task<SystemRun> Drain(CancellationToken cancellationToken)
    {
        gaveUp.Clear();
        await Settle(cancellationToken);
        return await Result(cancellationToken);
    }

    public async Task<SystemRun> Advance(TimeSpan time, CancellationToken cancellationToken)
    {
        gaveUp.Clear();
        var end = clock.GetUtcNow() + time;
        await Settle(cancellationToken);
        while (await Next(cancellationToken) is { } next && next < end)
        {
            await MoveTo(next, cancellationToken);
        }
        await MoveTo(end, cancellationToken);
        await RemoveOld(cancellationToken);
        return await Result(cancellationToken);
    }

    async Task<DateTimeOffset?> Next(CancellationToken cancellationToken)
    {
        var due = await probe.NextDue(cancellationToken);
        return nextTokens.Count == 0 ? due : nextTokens.Values.Append(due ?? DateTimeOffset.MaxValue).Min();
    }

    async Task MoveTo(DateTimeOffset time, CancellationToken cancellationToken)
    {
        clock.Set(time > clock.GetUtcNow() ? time : clock.GetUtcNow());
        if (time - announcedAt >= announceAfter)
        {
            await system.GetRequiredService<TaskRegistry>().Announce(worker.Id, catalog.Announcements, cancellationToken);
            announcedAt = time;
        }
        await Settle(cancellationToken);
    }

    /// <summary>Ends when nothing happens any more, or nothing has happened for <see cref="Patience"/>.</summary>
    async Task Settle(CancellationToken cancellationToken)
    {
        var (last, since) = ("", Stopwatch.GetTimestamp());
        while (true)
        {
            var snapshot = await probe.Read(cancellationToken);
            if (snapshot.Signature is var signature && signature != last)
            {
                (last, since) = (signature, Stopwatch.GetTimestamp());
            }
            var isLate = Stopwatch.GetElapsedTime(since) > Patience;
            if (await HasSettled(isLate ? await probe.ReadAll(cancellationToken) : snapshot, isLate, cancellationToken))
            {
                return;
            }
            if (snapshot.Schedules.IsDue)
            {
                await system.GetRequiredService<FiringPass>().Run(cancellationToken);
            }
            if (snapshot.IsTimerDue)
            {
                // Earlier than whatever the poller waits for
                system.GetRequiredService<DueJobSignal>().Notify(DateTimeOffset.UnixEpoch);
            }
            await Task.Delay(beforeNextLook, cancellationToken);
        }
    }

    async Task<bool> HasSettled(SystemSnapshot snapshot, bool isLate, CancellationToken cancellationToken)
    {
        if (!isLate && !snapshot.IsIdle)
        {
            return false;
        }
        nextTokens.Clear();
        var found = new List<WaitingJob>();
        foreach (var (job, run) in snapshot.Held.Where(x => !x.Job.IsBroadcast))
        {
            found.Add(snapshot.Busy.Contains((job, run)) || (run is not null && gaveUp.Contains((run.Key, run.StopReason)))
                ? new(job.JobId, job.TaskName, "running",
                    $"Its task has run for more than {Patience.TotalSeconds:0.#} s of real time and does not wait for the clock of the test: "
                    + "let it wait with the TimeProvider of its container, or set a larger Patience.")
                : new(job.JobId, job.TaskName, "waits_for_clock", "Its task waits for the clock: call Advance."));
        }
        foreach (var group in snapshot.Queued)
        {
            if (await WhyNot(group, snapshot, cancellationToken) is not { } why)
            {
                if (!isLate)
                {
                    return false;
                }
                why = ("behind_others",
                    $"It has not started for {Patience.TotalSeconds:0.#} s of real time although a worker is free: set a larger Patience.");
            }
            found.AddRange((await probe.Ids(group, MostNamed, cancellationToken)).Select(x => new WaitingJob(x, group.TaskName, why.Code, why.Reason)));
        }
        if (!isLate && snapshot.Queued.Count > 0 && (await probe.Read(cancellationToken)).Signature != snapshot.Signature)
        {
            return false;
        }
        gaveUp.UnionWith(snapshot.Busy.Where(x => x.Run is not null).Select(x => (x.Run!.Key, x.Run.StopReason)));
        waiting = found;
        return true;
    }

    /// <summary>Null if the jobs are about to start.</summary>
    async Task<(string Code, string Reason)?> WhyNot(QueuedJobs group, SystemSnapshot snapshot, CancellationToken cancellationToken)
    {
        var ids = await probe.Ids(group, 1, cancellationToken);
        if (ids.Count == 0)
        {
            return null;
        }
        var explained = await client.Jobs.Explain(ids[0], cancellationToken);
        switch (explained.Code)
        {
            case "queue_paused":
                return (explained.Code, $"{explained.Reason} Resume it: Client.Queues.Resume(\"{group.QueueName}\").");
            case "no_worker" or "no_worker_for_version":
                return (explained.Code, $"{explained.Reason} Map the task, or let the worker serve the queue: JobWorkerOptions.Queues.");
            case "concurrency_limit":
                return (explained.Code, explained.Reason);
            case "rate_limit" when await system.GetRequiredService<IQueueStore>().Room(group.QueueName, cancellationToken) is { Control.Rate: { } rate } room:
                nextTokens[group.QueueName] = clock.GetUtcNow().AddSeconds(Math.Max(1 - (room.Tokens ?? 0), 0.001) * rate.Period / rate.Limit);
                return (explained.Code, $"{explained.Reason} Call Advance.");
            case "behind_others" when snapshot.Held.Count(x => x.Run?.HasSlot == true) >= slots:
                return (explained.Code, $"All {slots} slots are taken by jobs that wait for the clock: call Advance, or set JobWorkerOptions.Slots.");
            default:
                return null;
        }
    }

    /// <summary>What is done now and then in real time is done now, so that everything can be seen.</summary>
    async Task<SystemRun> Result(CancellationToken cancellationToken)
    {
        await SaveOutcomes(cancellationToken);
        while (await system.GetRequiredService<IRollupStore>().Fold(MaxBatch, cancellationToken) == MaxBatch)
        {
            // There may be more
        }
        var all = new List<RanAttempt>();
        while (ran.TryDequeue(out var attempt))
        {
            all.Add(attempt);
        }
        return new(all, waiting);
    }

    /// <summary>Stores how jobs of schedules ended. The event that says so comes a little later than their ends.</summary>
    async Task SaveOutcomes(CancellationToken cancellationToken)
    {
        await using var context = await system.GetRequiredService<IDbContextFactory<ScheduleDbContext>>().CreateDbContextAsync(cancellationToken);
        var open = await context.Runs.Where(x => x.Outcome == null).Select(x => x.JobId).ToListAsync(cancellationToken);
        if (open.Count > 0)
        {
            var states = await system.GetRequiredService<JobApiClient>().States(open, cancellationToken);
            await system.GetRequiredService<RunStore>().SaveEnds(
                [.. states.Values.Where(x => JobStatus.IsFinal(x.Status)).Select(x => (x.JobId, x.Status, x.EndedAt ?? clock.GetUtcNow()))],
                cancellationToken);
        }
    }

    async Task RemoveOld(CancellationToken cancellationToken)
    {
        await system.GetRequiredService<RetentionKeeper>().RemoveOld(cancellationToken);
        var kept = TimeSpan.FromDays(system.GetRequiredService<IOptions<SchedulerOptions>>().Value.RetentionDays);
        while (await system.GetRequiredService<RunStore>().DeleteEnded(kept, MaxBatch, cancellationToken) == MaxBatch)
        {
            // There may be more
        }
    }

    void Add(AttemptRun run, AttemptReport report)
    {
        if (report.Step != AttemptStep.Released)
        {
            ran.Enqueue(new(
                run.JobId, run.TaskName, run.Key.Attempt, Outcomes.From(report.Step), report.Error is { } error ? new(error.Type, error.Message) : null,
                clock.GetUtcNow()));
        }
    }
}
