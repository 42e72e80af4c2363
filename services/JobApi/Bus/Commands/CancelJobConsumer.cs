using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>The same as POST /jobs/{id}/cancel, from the queue <c>cancel-job</c>.</summary>
public sealed class CancelJobConsumer(CommandHandler desk, JobCommands commands, IOptions<JobLimits> limits) : IConsumer<CancelJobBody>
{
    public Task Consume(ConsumeContext<CancelJobBody> context) => desk.Serve(context, "CancelJob", Cancel);

    async Task<Answer> Cancel(ReceivedCommand command, CallerScope by, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        string? jobId = null, reason = null;
        ObjectReader.Read(command.Body, errors, ["job_id", "reason"], (name, value) =>
        {
            var reader = new FieldReader(name, value, errors);
            _ = name == "job_id" ? jobId = reader.Text(JobIds.Expected, JobIds.IsWellFormed) : reason = reader.Prose(limits.Value.ReasonLength);
        });
        return await JobCommand.Answer(jobId, errors, id => commands.Cancel(id, reason, by, cancellationToken));
    }
}
