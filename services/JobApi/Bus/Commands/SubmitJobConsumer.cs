using System.Diagnostics;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>The same as POST /jobs, from the queue <c>submit-job</c>.</summary>
public sealed class SubmitJobConsumer(CommandHandler desk, JobSubmissions submissions) : IConsumer<SubmitJobBody>
{
    public Task Consume(ConsumeContext<SubmitJobBody> context) => desk.Serve(context, "SubmitJob", Submit);

    async Task<Answer> Submit(ReceivedCommand command, CallerScope sender, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        if (submissions.Read(command.Body, errors) is not { } request)
        {
            return Answer.Reject(errors);
        }
        // A message may be delivered twice; its id makes the job idempotent
        Guid? id = command.MessageId is { Length: > 0 } messageId ? JobIds.Derive($"{sender.Owner}\n{messageId}") : null;
        return await submissions.Submit(request, sender, errors, cancellationToken, id) switch
        {
            Submitted.Accepted(var job) => Answer.Accept(job.JobId, job.CurrentState),
            Submitted.Duplicate(var job) => Answer.Accept(job.JobId, job.CurrentState, duplicate: true),
            Submitted.Refused(var refused) => Answer.Reject(refused, request.JobId),
            Submitted.OverQuota(var reason) => Answer.Reject(JobQuota.Code, reason, request.JobId),
            Submitted.Conflict conflict => Answer.Reject(conflict.Code, $"{conflict.Field}: {conflict.Message}", request.JobId),
            _ => throw new UnreachableException(),
        };
    }
}
