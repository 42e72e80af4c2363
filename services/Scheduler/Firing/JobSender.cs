using System.Text.Json;
using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Requests;
using MassTransit;

namespace JobSystem.Scheduler.Firing;

/// <summary>
/// Submits the jobs of runs that were decided, many in one message, and notes JobApi's answer. What has no answer in time stays
/// unsubmitted in the database, and <see cref="SettleRuns"/> sends it again: its job id makes one job of both.
/// </summary>
public sealed partial class JobSender(IBus bus, RunStore runs, SecretKeys secrets, TimeProvider time, ILogger<JobSender> logger) : BackgroundService
{
    const int PerMessage = 200;
    const int AtOnce = 4;
    static readonly Uri address = new($"exchange:{BusAddresses.ScheduledJobs}");

    /// <summary>Decided longer ago, it is no longer ours to send: together with the wait for the answer this is less than <see cref="ScheduleStore.InFlight"/>.</summary>
    static readonly TimeSpan freshness = TimeSpan.FromSeconds(1.5);
    static readonly TimeSpan patience = TimeSpan.FromSeconds(2.4);

    /// <summary>For this long after a failure others go first: a connection that broke takes a while to come back.</summary>
    static readonly TimeSpan doubt = TimeSpan.FromSeconds(5);

    long doubtfulUntil;

    readonly Channel<Batch> batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The last message of this instance had no answer: what another instance can do is better left to it.</summary>
    public bool IsInDoubt => time.GetTimestamp() < Interlocked.Read(ref doubtfulUntil);

    /// <param name="decidedAt">A timestamp from before the decision.</param>
    public void Enqueue(IReadOnlyList<Fired> fired, long decidedAt)
    {
        foreach (var chunk in fired.SelectMany(x => x.Runs.Select(run => (x.Schedule, run))).Chunk(PerMessage))
        {
            batches.Writer.TryWrite(new(chunk, decidedAt));
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Work(stoppingToken)));

    async Task Work(CancellationToken stoppingToken)
    {
        await foreach (var batch in batches.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await Send(batch, stoppingToken);
            }
            catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
            {
                Interlocked.Exchange(ref doubtfulUntil, time.GetTimestamp() + (long)(doubt.TotalSeconds * time.TimestampFrequency));
                LogUnsent(batch.Items.Count, failed.GetBaseException().Message);
            }
        }
    }

    /// <summary>Returns JobApi's answer about the jobs; one that it does not name is to be sent again.</summary>
    public async Task<IReadOnlyList<ScheduledJobTaken>> Send(Batch batch, CancellationToken cancellationToken)
    {
        var message = new SubmitScheduledJobs { Items = [.. batch.Items.Select(x => Job(x.Schedule, x.Run))] };
        var client = bus.CreateRequestClient<SubmitScheduledJobs>(address, RequestTimeout.After(ms: (int)patience.TotalMilliseconds));
        // A process that stood still must not send what another one has taken back meanwhile
        if (time.GetElapsedTime(batch.DecidedAt) > freshness)
        {
            LogStale(batch.Items.Count);
            return [];
        }
        // The request's own time limit does not cover a send that waits for its connection
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        var answer = await client.GetResponse<ScheduledJobsTaken>(message, deadline.Token).WaitAsync(deadline.Token);
        Interlocked.Exchange(ref doubtfulUntil, 0);
        await runs.Answered(answer.Message.Items, cancellationToken);
        foreach (var refused in answer.Message.Items.Where(x => x.Code is not null))
        {
            LogRefused(refused.JobId, refused.Code == FieldErrors.Invalid || refused.Reason is null ? refused.Code : secrets.Clean(refused.Reason));
        }
        return answer.Message.Items;
    }

    static ScheduledJob Job(ScheduleRow schedule, FireRow run) => new()
    {
        ScheduleId = schedule.Id.ToString(),
        Owner = schedule.Owner,
        Job = new()
        {
            JobId = run.JobId,
            ScheduledAt = run.Tick,
            Title = schedule.Name,
            TaskName = schedule.TaskName,
            Version = schedule.TaskVersion,
            Args = Read<JsonElement[]>(schedule.Args),
            Kwargs = Read<Dictionary<string, JsonElement>>(schedule.Kwargs),
            Metadata = Read<Dictionary<string, JsonElement>>(schedule.Metadata),
            Tags = schedule.Tags,
            QueueName = schedule.QueueName,
            Priority = schedule.Priority,
            MaxRetries = schedule.MaxRetries,
            RetryDelay = schedule.RetryDelay,
            Timeout = schedule.Timeout,
        },
    };

    static T? Read<T>(string? json) where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json);

    /// <summary>Runs that one message submits.</summary>
    public sealed record Batch(IReadOnlyList<(ScheduleRow Schedule, FireRow Run)> Items, long DecidedAt);

    [LoggerMessage(401, LogLevel.Warning, "{Count} scheduled jobs were not confirmed and will be sent again: {Reason}")]
    partial void LogUnsent(int count, string reason);

    [LoggerMessage(402, LogLevel.Warning, "{Count} scheduled jobs were decided too long ago to be sent from here")]
    partial void LogStale(int count);

    [LoggerMessage(403, LogLevel.Warning, "Scheduled job {JobId} was refused: {Reason}")]
    partial void LogRefused(string jobId, string? reason);
}
