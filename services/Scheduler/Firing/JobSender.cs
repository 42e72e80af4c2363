using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Logging;
using JobSystem.ServiceDefaults.Requests;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Submits the jobs of runs that were decided, many in one message, and keeps JobApi's answer. What has no answer in time stays
/// unsubmitted in the database, and <see cref="RunReconciler"/> sends it again: its job id makes one job of both.
/// </summary>
public sealed partial class JobSender(IBus bus, RunStore runs, SecretKeys secrets, TimeProvider time, ILogger<JobSender> logger)
{
    const int AtOnce = 4;

    /// <summary>Messages of about 1 MiB each.</summary>
    const int MostWaiting = 64;
    static readonly Uri address = new($"exchange:{BusAddresses.ScheduledJobs}");

    /// <summary>Maximum age of a decided run to be sent from here; together with the response timeout less than <see cref="ScheduleStore.InFlight"/>.</summary>
    static readonly TimeSpan freshness = TimeSpan.FromSeconds(1.5);
    static readonly TimeSpan patience = TimeSpan.FromSeconds(2.4);

    /// <summary>Time after a failure during which other instances are preferred.</summary>
    static readonly TimeSpan doubt = TimeSpan.FromSeconds(5);

    long doubtfulUntil;

    readonly Channel<Batch> batches = Channel.CreateBounded<Batch>(MostWaiting);

    /// <summary>True if the last message of this instance got no response, so that other instances are preferred.</summary>
    public bool IsInDoubt => time.GetTimestamp() < Interlocked.Read(ref doubtfulUntil);

    /// <summary>Returns false if the queue is full; the rest is read from the database later.</summary>
    /// <param name="decidedAt">A timestamp from before the decision.</param>
    public bool TryEnqueue(IReadOnlyList<Fired> fired, long decidedAt)
    {
        var refused = new List<ScheduledJobTaken>();
        // One by one, so that the first message is on its way while the next one is written
        foreach (var message in ScheduledJobs.Messages(Sendable()))
        {
            if (!batches.Writer.TryWrite(new(message, [], decidedAt)))
            {
                return false;
            }
        }
        return refused.Count == 0 || batches.Writer.TryWrite(new([], refused, decidedAt));

        IEnumerable<ScheduledJobs.Prepared> Sendable()
        {
            foreach (var job in fired.SelectMany(x => x.Runs.Select(run => ScheduledJobs.Prepare(x.Schedule, run))))
            {
                if (job.Refused is not null)
                {
                    refused.Add(job.Refused);
                    continue;
                }
                yield return job;
            }
        }
    }

    /// <summary>Submits a run immediately. Returns its outcome; null if it is unknown.</summary>
    public async Task<ScheduledJobTaken?> Submit(ScheduleRow schedule, RunRow run, long decidedAt, CancellationToken cancellationToken)
    {
        var prepared = ScheduledJobs.Prepare(schedule, run);
        var answers = await Send(prepared.Refused is { } refused ? new([], [refused], decidedAt) : new([prepared.Job!], [], decidedAt), cancellationToken);
        return answers.FirstOrDefault(x => x.JobId == run.JobId);
    }

    /// <summary>Sends several messages concurrently.</summary>
    public IReadOnlyList<BackgroundDuty> Duties() => [.. Enumerable.Range(0, AtOnce).Select(_ => new Sending(this))];

    /// <summary>Returns the outcomes of the jobs; jobs without one have to be sent again.</summary>
    async Task<IReadOnlyList<ScheduledJobTaken>> Send(Batch batch, CancellationToken cancellationToken)
    {
        var answers = batch.Jobs.Count == 0 ? batch.Refused : await Ask(batch, cancellationToken);
        await runs.Answered(answers, cancellationToken);
        foreach (var refused in answers.Where(x => x.Code is not null))
        {
            LogRefused(refused.JobId, refused.Code == FieldErrors.Invalid || refused.Reason is null ? refused.Code : secrets.Clean(refused.Reason));
        }
        return answers;
    }

    async Task<IReadOnlyList<ScheduledJobTaken>> Ask(Batch batch, CancellationToken cancellationToken)
    {
        var client = bus.CreateRequestClient<SubmitScheduledJobs>(address, RequestTimeout.After(ms: (int)patience.TotalMilliseconds));
        // After a suspension, the process must not send runs that another one has cancelled meanwhile
        if (time.GetElapsedTime(batch.DecidedAt) > freshness)
        {
            LogStale(batch.Jobs.Count);
            return [];
        }
        // The request's own time limit does not cover a send that waits for its connection
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        var answer = await client.GetResponse<ScheduledJobsTaken>(new() { Items = batch.Jobs }, deadline.Token).WaitAsync(deadline.Token);
        Interlocked.Exchange(ref doubtfulUntil, 0);
        return answer.Message.Items;
    }

    void BeginDoubt() => Interlocked.Exchange(ref doubtfulUntil, time.GetTimestamp() + (long)(doubt.TotalSeconds * time.TimestampFrequency));

    /// <summary>Sends messages sequentially.</summary>
    sealed class Sending(JobSender sender) : BackgroundDuty
    {
        protected override string Name => nameof(JobSender);

        protected override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

        protected override async Task Wait(CancellationToken stoppingToken) => await sender.batches.Reader.WaitToReadAsync(stoppingToken);

        protected override async Task Work(CancellationToken stoppingToken)
        {
            if (!sender.batches.Reader.TryRead(out var batch))
            {
                return;
            }
            try
            {
                await sender.Send(batch, stoppingToken);
            }
            catch
            {
                sender.BeginDoubt();
                throw;
            }
        }
    }

    /// <summary>Jobs of one message, or jobs that are refused without sending.</summary>
    sealed record Batch(IReadOnlyList<ScheduledJob> Jobs, IReadOnlyList<ScheduledJobTaken> Refused, long DecidedAt);

    [LoggerMessage(3001, LogLevel.Warning, "Dropped {Count} scheduled jobs that waited too long in memory; they are sent again from the table")]
    partial void LogStale(int count);

    [LoggerMessage(3002, LogLevel.Warning, "JobApi refused scheduled job {JobId}: {Reason}")]
    partial void LogRefused(string jobId, string? reason);
}
