using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Duties;
using JobSystem.ServiceDefaults.Logging;
using JobSystem.ServiceDefaults.Requests;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Submits the jobs of runs, many in one message, and stores JobApi's response. Runs without a response in time stay unsubmitted in the
/// database, and <see cref="RunReconciler"/> sends them again; their job id makes sure that there is one job.
/// </summary>
public sealed partial class JobSender(IBus bus, RunStore runs, SecretKeys secrets, TimeProvider time, ILogger<JobSender> logger)
{
    const int Senders = 4;

    /// <summary>Maximum number of waiting messages, of about 1 MiB each.</summary>
    const int MaxWaiting = 64;
    static readonly Uri address = new($"exchange:{BusAddresses.ScheduledJobs}");

    /// <summary>
    /// Runs that were decided longer ago are not sent from memory. Together with the response timeout it is less than
    /// <see cref="ScheduleStore.InFlight"/>.
    /// </summary>
    static readonly TimeSpan maxAge = TimeSpan.FromSeconds(1.5);
    static readonly TimeSpan responseTimeout = TimeSpan.FromSeconds(2.4);

    /// <summary>How long after a failure other instances are preferred.</summary>
    static readonly TimeSpan failureMemory = TimeSpan.FromSeconds(5);

    long failingUntil;

    readonly Channel<Batch> batches = Channel.CreateBounded<Batch>(MaxWaiting);

    /// <summary>True if a message of this instance has failed lately, so that other instances are preferred.</summary>
    public bool IsFailing => time.GetTimestamp() < Interlocked.Read(ref failingUntil);

    /// <summary>
    /// Sends the jobs in the background. Returns false if the queue is full; the remaining jobs are read from the database later.
    /// </summary>
    /// <param name="fired">The schedules and their new runs.</param>
    /// <param name="decidedAt">A timestamp from before the decision.</param>
    public bool TryEnqueue(IReadOnlyList<FiredSchedule> fired, long decidedAt)
    {
        var refused = new List<ScheduledJobTaken>();
        // One by one, so that the first message is sent while the next one is serialized
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
        var batch = prepared.Refused is { } refused ? new Batch([], [refused], decidedAt) : new([prepared.Job!], [], decidedAt);
        var responses = await Send(batch, cancellationToken);
        return responses.FirstOrDefault(x => x.JobId == run.JobId);
    }

    /// <summary>The background work: several messages are sent concurrently.</summary>
    public IReadOnlyList<BackgroundDuty> Duties() => [.. Enumerable.Range(0, Senders).Select(_ => new Sender(this))];

    /// <summary>Returns the outcomes of the jobs; jobs without one have to be sent again.</summary>
    async Task<IReadOnlyList<ScheduledJobTaken>> Send(Batch batch, CancellationToken cancellationToken)
    {
        var responses = batch.Jobs.Count == 0 ? batch.Refused : await Request(batch, cancellationToken);
        await runs.SaveResponses(responses, cancellationToken);
        foreach (var refused in responses.Where(x => x.Code is not null))
        {
            var reason = refused.Code == FieldErrors.Invalid || refused.Reason is null ? refused.Code : secrets.Clean(refused.Reason);
            LogRefused(refused.JobId, reason);
        }
        return responses;
    }

    async Task<IReadOnlyList<ScheduledJobTaken>> Request(Batch batch, CancellationToken cancellationToken)
    {
        var client = bus.CreateRequestClient<SubmitScheduledJobs>(
            address, RequestTimeout.After(ms: (int)responseTimeout.TotalMilliseconds));
        // A process that was suspended must not send runs that another one has withdrawn meanwhile
        if (time.GetElapsedTime(batch.DecidedAt) > maxAge)
        {
            LogStale(batch.Jobs.Count);
            return [];
        }
        // The timeout of the request client does not include the time that a send waits for its connection
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(responseTimeout);
        var response = await client.GetResponse<ScheduledJobsTaken>(new() { Items = batch.Jobs }, deadline.Token).WaitAsync(deadline.Token);
        Interlocked.Exchange(ref failingUntil, 0);
        return response.Message.Items;
    }

    void SetFailing() =>
        Interlocked.Exchange(ref failingUntil, time.GetTimestamp() + (long)(failureMemory.TotalSeconds * time.TimestampFrequency));

    /// <summary>Sends one message after the other.</summary>
    sealed class Sender(JobSender sender) : BackgroundDuty
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
                sender.SetFailing();
                throw;
            }
        }
    }

    /// <summary>Jobs of one message, or jobs that are refused without sending.</summary>
    sealed record Batch(IReadOnlyList<ScheduledJob> Jobs, IReadOnlyList<ScheduledJobTaken> Refused, long DecidedAt);

    [LoggerMessage(3001, LogLevel.Warning,
        "Dropped {Count} scheduled jobs that waited too long in memory; they are sent again from the table")]
    partial void LogStale(int count);

    [LoggerMessage(3002, LogLevel.Warning, "JobApi refused scheduled job {JobId}: {Reason}")]
    partial void LogRefused(string jobId, string? reason);
}
