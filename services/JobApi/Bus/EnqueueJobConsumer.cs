using System.Diagnostics;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Workers;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Enqueues the job of a running task, and answers to the worker's inbox. If that is not possible now, the worker repeats it.</summary>
public sealed partial class EnqueueJobConsumer(TaskSubmissions submissions, WorkerMessenger messenger, ILogger<EnqueueJobConsumer> logger) : IConsumer<EnqueueJob>
{
    public async Task Consume(ConsumeContext<EnqueueJob> context)
    {
        var enqueued = context.Message;
        try
        {
            var answer = ToAnswer(enqueued.RequestId, await submissions.Submit(enqueued, context.CancellationToken));
            await messenger.Send(enqueued.WorkerId, answer, context.CancellationToken);
        }
        catch (Exception failed) when (!context.CancellationToken.IsCancellationRequested)
        {
            LogNotNow(enqueued.JobId, enqueued.Attempt, failed.GetBaseException().Message);
        }
    }

    static JobEnqueued ToAnswer(Guid request, Submitted submitted) => submitted switch
    {
        Submitted.Accepted(var job) => new() { RequestId = request, JobId = job.JobId },
        Submitted.Duplicate(var job) => new() { RequestId = request, JobId = job.JobId },
        Submitted.Refused(var errors) => new() { RequestId = request, Code = errors.Code, Reason = errors.Summary, Errors = errors.Messages },
        Submitted.Conflict conflict => new()
        {
            RequestId = request,
            Code = conflict.Code,
            Reason = $"{conflict.Field}: {conflict.Message}",
            Errors = new Dictionary<string, string[]> { [conflict.Field] = [conflict.Message] },
        },
        _ => throw new UnreachableException(),
    };

    [LoggerMessage(2051, LogLevel.Warning, "Could not enqueue a job of the task of job {JobId} attempt {Attempt}; its worker sends it again: {Reason}")]
    partial void LogNotNow(Guid jobId, int attempt, string reason);
}
