using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using JobSystem.ServiceDefaults.Bus;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Background;

/// <summary>
/// Sends reserved jobs to their workers. A message that the broker does not take is sent again while the leases last: workers recognize what they have. One
/// that is lost leaves its jobs to the ends of their leases.
/// </summary>
public sealed partial class GrantSender(
    WorkerMessenger messenger, JobEventProcessor processor, DatabaseClock clock, TimeProvider time, IOptions<LifecycleOptions> options, ILogger<GrantSender> logger)
{
    static readonly TimeSpan beforeNextTry = TimeSpan.FromSeconds(1);
    readonly TimeSpan giveUpAfter = options.Value.Lease / 2;

    /// <summary>Returns at once.</summary>
    public void Send(OpenRequest request, IReadOnlyList<JobState> jobs)
    {
        var grants = new List<(GrantedAttempt Grant, int Bytes)>(jobs.Count);
        foreach (var job in jobs)
        {
            if (TryGrant(job, request.WorkerId) is { } grant)
            {
                grants.Add(grant);
            }
        }
        if (request.Receive is { } receive)
        {
            var all = grants.ConvertAll(x => x.Grant);
            if (all.Count > 0 && !receive(all, jobs[0].LeaseUntil!.Value))
            {
                _ = Release(request.WorkerId, all);
            }
            return;
        }
        foreach (var part in MessageSize.Cut(grants, x => x.Bytes))
        {
            _ = Send(request.WorkerId, new AttemptsGranted { RequestId = request.Id, Granted = part.ConvertAll(x => x.Grant) });
        }
    }

    /// <summary>Returns attempts that did not reach their worker. If this fails, they end with their leases.</summary>
    public async Task Release(string worker, IReadOnlyList<GrantedAttempt> granted)
    {
        try
        {
            await Task.WhenAll(granted.Select(x => processor.Raise(new AttemptReleased(x.JobId, x.Attempt, worker, new()
            {
                JobId = x.JobId,
                Attempt = x.Attempt,
                Step = AttemptStep.Released,
            }), CancellationToken.None)));
        }
        catch (Exception exception)
        {
            LogUnsent(exception, granted.Count, worker);
        }
    }

    async Task Send(string worker, AttemptsGranted message)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                await messenger.Send(worker, message, CancellationToken.None);
                return;
            }
            catch (Exception exception) when (time.GetElapsedTime(began) < giveUpAfter && exception is not ObjectDisposedException)
            {
                await Task.Delay(beforeNextTry, time);
            }
            catch (Exception exception)
            {
                LogUnsent(exception, message.Granted.Count, worker);
                return;
            }
        }
    }

    /// <summary>Null if the job's arguments cannot be serialized. Such a job fails permanently; other grants of the message are not affected.</summary>
    (GrantedAttempt Grant, int Bytes)? TryGrant(JobState job, string worker)
    {
        try
        {
            var grant = CreateGrant(job);
            return (grant, MessageSize.Measure(grant));
        }
        catch (Exception exception)
        {
            LogUnsendable(exception, job.CorrelationId, job.Attempt);
            _ = Fail(job, worker, exception.Message);
            return null;
        }
    }

    /// <summary>If this fails too, the attempt ends with its lease.</summary>
    async Task Fail(JobState job, string worker, string reason)
    {
        try
        {
            await processor.Raise(new AttemptFailed(job.CorrelationId, job.Attempt, worker, new()
            {
                JobId = job.CorrelationId,
                Attempt = job.Attempt,
                Step = AttemptStep.Failed,
                Retryable = false,
                Error = new() { Type = "payload_not_sendable", Message = $"The job cannot be sent to a worker, because its payload cannot be written as JSON: {reason}" },
            }), CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogUnsendable(exception, job.CorrelationId, job.Attempt);
        }
    }

    GrantedAttempt CreateGrant(JobState job) => new()
    {
        JobId = job.CorrelationId,
        Key = job.Key,
        Attempt = job.Attempt,
        TaskName = job.TaskName,
        Version = job.TaskVersion,
        QueueName = job.QueueName,
        Priority = job.Priority,
        ReadyAt = job.ReadyAt,
        Args = Parse(job.Args),
        Kwargs = Parse(job.Kwargs),
        Metadata = Parse(job.Metadata),
        Timeout = job.TimeoutSeconds,
        MaxRetries = job.MaxRetries,
        RetryCount = job.RetryCount,
        LostCount = job.LostCount,
        Owner = job.Owner,
        CreatedAt = job.CreatedAt,
        GrantedAt = clock.UtcNow,
        Lease = options.Value.LeaseSeconds,
        Traceparent = job.Traceparent,
        Tags = job.Tags,
        ScheduledAt = job.ScheduledAt,
        ScheduleId = job.ScheduleId,
        ParentId = job.ParentKey ?? job.ParentId?.ToString(),
        IdempotencyKey = job.IdempotencyKey,
    };

    static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);

    [LoggerMessage(2151, LogLevel.Warning, "Could not send {Count} reserved jobs to worker {WorkerId}; they are reserved again when their leases have ended")]
    partial void LogUnsent(Exception exception, int count, string workerId);

    [LoggerMessage(2152, LogLevel.Error, "Could not serialize the grant of job {JobId} attempt {Attempt}; the job fails")]
    partial void LogUnsendable(Exception exception, Guid jobId, int attempt);
}
