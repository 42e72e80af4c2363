using System.Text.Json;
using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.JobApi.Metrics;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>
/// Publishes the steps that became durable, many in one message. The history in the row is the truth; a crash between a commit
/// and this message loses the message only.
/// </summary>
public sealed partial class StepPublisher(IBus bus, IOptions<LifecycleOptions> options, ILogger<StepPublisher> logger) : BackgroundService
{
    const int MaxQueued = 100_000;
    const int MaxPerMessage = 500;

    /// <summary>Nobody waits for these messages, and each costs the broker and its readers as much as a job does: with few jobs they wait for company.</summary>
    static readonly TimeSpan gather = TimeSpan.FromMilliseconds(50);
    readonly bool each = options.Value.Events == "each";
    readonly Channel<JobState> queue = Channel.CreateBounded<JobState>(new BoundedChannelOptions(MaxQueued)
    {
        FullMode = BoundedChannelFullMode.DropWrite,
        SingleReader = true,
    });

    /// <summary>Every committed step comes by here, so it is counted and traced here.</summary>
    public void Enqueue(JobState job)
    {
        JobMetrics.Count(job);
        JobTraces.Follow(job);
        queue.Writer.TryWrite(job);
    }

    /// <summary>For a crowd of jobs at once: waits while there is no room, so that they do not push each other out.</summary>
    public async ValueTask Enqueue(JobState job, CancellationToken cancellationToken)
    {
        while (queue.Reader.Count > MaxQueued / 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken);
        }
        Enqueue(job);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await queue.Reader.WaitToReadAsync(stoppingToken))
        {
            if (queue.Reader.Count < MaxPerMessage)
            {
                await Task.Delay(gather, stoppingToken);
            }
            var jobs = new List<JobState>();
            for (var count = 0; count < MaxPerMessage && queue.Reader.TryRead(out var job); count += job.NewSteps.Count)
            {
                jobs.Add(job);
            }
            await Publish(jobs, stoppingToken);
        }
    }

    async Task Publish(List<JobState> jobs, CancellationToken stoppingToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            await bus.Publish(new JobEvents { Items = [.. jobs.SelectMany(x => x.NewSteps)] }, deadline.Token);
            if (EndedOfSchedules(jobs) is { Count: > 0 } ended)
            {
                await bus.Publish(new ScheduledJobsEnded { Items = ended }, deadline.Token);
            }
            if (each)
            {
                await Task.WhenAll(jobs.SelectMany(job => job.NewSteps.Select(step => Single(job, step))).OfType<object>()
                    .Select(message => bus.Publish(message, deadline.Token)));
            }
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            LogLost(exception, jobs.Count);
        }
    }

    static List<ScheduledJobEnded> EndedOfSchedules(List<JobState> jobs) =>
    [
        .. from job in jobs
           where job.ScheduleId is not null
           from step in job.NewSteps
           where JobStatus.IsFinal(step.Event)
           select new ScheduledJobEnded { JobId = step.JobId, ScheduleId = job.ScheduleId!, Status = step.Event, At = step.At },
    ];

    static object? Single(JobState job, JobEvent step) => step.Event switch
    {
        "created" => new JobSubmitted { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, ScheduledAt = job.ScheduledAt },
        JobStatus.Running => new JobStarted { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId },
        "progress" => new JobProgressed { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Progress = job.Progress, Message = job.ProgressMessage },
        JobStatus.Retrying => new JobRetrying { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, DueAt = job.NotBefore ?? step.At, Error = Error(job) },
        JobStatus.Completed => new JobCompleted { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Result = Parse<JsonElement?>(job.Result), Duration = step.RunSeconds },
        JobStatus.Failed => new JobFailed { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Error = Error(job) },
        JobStatus.Timeout => new JobTimedOut { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Error = Error(job) },
        JobStatus.Cancelled => new JobCancelled { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At, Attempt = step.Attempt, WorkerId = step.WorkerId, Reason = job.CancelReason },
        JobStatus.Expired => new JobExpired { JobId = step.JobId, TaskName = step.TaskName, QueueName = step.QueueName, Priority = step.Priority, Owner = step.Owner, At = step.At },
        _ => null,
    };

    static AttemptError? Error(JobState job) => Parse<AttemptError>(job.Error);

    static T? Parse<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json);

    [LoggerMessage(211, LogLevel.Warning, "Events of {Count} jobs could not be published; the jobs' histories have them")]
    partial void LogLost(Exception exception, int count);
}
