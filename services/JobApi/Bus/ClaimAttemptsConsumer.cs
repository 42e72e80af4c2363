using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Lifecycle.Saga;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.JobApi.Workers;
using JobSystem.ServiceDefaults;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Bus;

/// <summary>Responds to claims after their commit. A redelivered claim is granted again to the same worker.</summary>
public sealed partial class ClaimAttemptsConsumer(
    JobEventProcessor processor, WorkerMessenger messenger, DatabaseClock clock, IOptions<LifecycleOptions> options, ILogger<ClaimAttemptsConsumer> logger) :
    IConsumer<ClaimAttempts>
{
    public async Task Consume(ConsumeContext<ClaimAttempts> context)
    {
        var (worker, items) = (context.Message.WorkerId, context.Message.Items);
        var decisions = await Task.WhenAll(items.Select(x => TryClaim(context, x, worker)));
        var granted = new List<(GrantedAttempt Grant, int Bytes)>(items.Count);
        var denied = new List<DeniedAttempt>();
        for (var i = 0; i < items.Count; i++)
        {
            if (decisions[i] is { Granted: true, Job: { } job })
            {
                if (await TryGrant(context, job, worker) is { } grant)
                {
                    granted.Add(grant);
                    continue;
                }
                denied.Add(new() { JobId = items[i].JobId, Attempt = items[i].Attempt, Reason = "final" });
            }
            else if (decisions[i] is { } decision)
            {
                denied.Add(new() { JobId = items[i].JobId, Attempt = items[i].Attempt, Reason = decision.Denial ?? "unknown" });
                JobMetrics.Denied(denied[^1].Reason);
            }
        }
        Failpoint.Hit("after_claim_before_grant");
        await Answer(worker, granted, denied, context.CancellationToken);
    }

    /// <summary>Null if the claim failed: it gets no response, so the worker repeats it or returns the ticket.</summary>
    async Task<Decision?> TryClaim(ConsumeContext context, AttemptClaim claim, string worker)
    {
        try
        {
            return await processor.Raise(context, new AttemptClaimed(claim.JobId, claim.Attempt, worker));
        }
        catch (Exception exception) when (exception is not (StoreUnavailableException or TimeoutException or OperationCanceledException))
        {
            LogUnclaimed(exception, claim.JobId, claim.Attempt);
            return null;
        }
    }

    /// <summary>Null if the job's arguments cannot be serialized. Such a job fails permanently; other grants of the message are not affected.</summary>
    async Task<(GrantedAttempt Grant, int Bytes)?> TryGrant(ConsumeContext context, JobState job, string worker)
    {
        try
        {
            var grant = CreateGrant(job);
            return (grant, MessageSize.Measure(grant));
        }
        catch (Exception exception)
        {
            LogUnsendable(exception, job.CorrelationId, job.Attempt);
            await processor.Raise(context, new AttemptFailed(job.CorrelationId, job.Attempt, worker, new()
            {
                JobId = job.CorrelationId,
                Attempt = job.Attempt,
                Step = AttemptStep.Failed,
                Retryable = false,
                Error = new() { Type = "payload_not_sendable", Message = $"The job cannot be sent to a worker, because its payload cannot be written as JSON: {exception.Message}" },
            }));
            return null;
        }
    }

    async Task Answer(string worker, List<(GrantedAttempt Grant, int Bytes)> granted, List<DeniedAttempt> denied, CancellationToken cancellationToken)
    {
        foreach (var part in MessageSize.Cut(granted, x => x.Bytes))
        {
            await messenger.Send(worker, new AttemptsGranted { Granted = part.ConvertAll(x => x.Grant), Denied = [] }, cancellationToken);
        }
        foreach (var part in MessageSize.Cut(denied, MessageSize.Measure))
        {
            await messenger.Send(worker, new AttemptsGranted { Granted = [], Denied = part }, cancellationToken);
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
        Args = Parse(job.Args),
        Kwargs = Parse(job.Kwargs),
        Metadata = Parse(job.Metadata),
        Timeout = job.TimeoutSeconds,
        MaxRetries = job.MaxRetries,
        RetryCount = job.RetryCount,
        Owner = job.Owner,
        CreatedAt = job.CreatedAt,
        GrantedAt = clock.UtcNow,
        Lease = options.Value.LeaseSeconds,
        Traceparent = job.Traceparent,
    };

    static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);

    [LoggerMessage(2151, LogLevel.Error, "Could not process the claim of job {JobId} attempt {Attempt}; the worker repeats it")]
    partial void LogUnclaimed(Exception exception, Guid jobId, int attempt);

    [LoggerMessage(2152, LogLevel.Error, "Could not serialize the grant of job {JobId} attempt {Attempt}; the job fails")]
    partial void LogUnsendable(Exception exception, Guid jobId, int attempt);
}
