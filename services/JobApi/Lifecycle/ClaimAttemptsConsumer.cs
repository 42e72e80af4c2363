using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Metrics;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Answers claims, after the commit that carries them. Redelivery grants the same attempt to the same worker again.</summary>
public sealed class ClaimAttemptsConsumer(JobDoor door, WorkerInbox inbox, IOptions<LifecycleOptions> options) : IConsumer<ClaimAttempts>
{
    public async Task Consume(ConsumeContext<ClaimAttempts> context)
    {
        var (worker, items) = (context.Message.WorkerId, context.Message.Items);
        var decisions = await Task.WhenAll(items.Select(x => door.Raise(context, new AttemptClaimed(x.JobId, x.Attempt, worker))));
        var granted = new List<GrantedAttempt>(items.Count);
        var denied = new List<DeniedAttempt>();
        for (var i = 0; i < items.Count; i++)
        {
            if (decisions[i] is { Granted: true, Job: { } job })
            {
                granted.Add(Grant(job));
            }
            else
            {
                denied.Add(new() { JobId = items[i].JobId, Attempt = items[i].Attempt, Reason = decisions[i].Denial ?? "unknown" });
                JobMetrics.Denied(denied[^1].Reason);
            }
        }
        Failpoint.Hit("after_claim_before_grant");
        await inbox.Send(worker, new AttemptsGranted { Granted = granted, Denied = denied }, context.CancellationToken);
    }

    GrantedAttempt Grant(JobState job) => new()
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
        Lease = options.Value.LeaseSeconds,
        Traceparent = job.Traceparent,
    };

    static JsonElement? Parse(string? json) => json is null ? null : JsonElement.Parse(json);
}
