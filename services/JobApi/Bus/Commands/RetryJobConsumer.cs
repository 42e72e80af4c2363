using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>The same as POST /jobs/{id}/retry, from the queue <c>retry-job</c>.</summary>
public sealed class RetryJobConsumer(CommandHandler desk, JobCommands commands, IOptions<JobLimits> limits) : IConsumer<RetryJobBody>
{
    public Task Consume(ConsumeContext<RetryJobBody> context) => desk.Serve(context, "RetryJob", Retry);

    async Task<Answer> Retry(ReceivedCommand command, CallerScope by, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        string? jobId = null;
        double? delay = null;
        ObjectReader.Read(command.Body, errors, ["job_id", "delay"], (name, value) =>
        {
            var reader = new FieldReader(name, value, errors);
            if (name == "job_id")
            {
                jobId = reader.Text(JobIds.Expected, JobIds.IsWellFormed);
            }
            else
            {
                delay = reader.Seconds(limits.Value.AheadSeconds, zero: true);
            }
        });
        return await JobCommand.Answer(jobId, errors, id => commands.Retry(id, TimeSpan.FromSeconds(delay ?? 0), by, cancellationToken));
    }
}

/// <summary>Common members of commands about one job.</summary>
static class JobCommand
{
    public static async Task<Answer> Answer(string? jobId, FieldErrors errors, Func<string, Task<CommandOutcome>> carryOut)
    {
        if (jobId is null && !errors.Any)
        {
            errors.Expected("job_id", JobIds.Expected, "nothing");
        }
        if (errors.Any)
        {
            return Commands.Answer.Reject(errors, jobId);
        }
        return await carryOut(jobId!) switch
        {
            { Job: null } => Commands.Answer.Reject("job_not_found", JobLookup.Message(jobId!), jobId),
            { Refusal: { } refusal } => Commands.Answer.Reject(refusal.Code, refusal.Message, jobId),
            { Job: var job } => Commands.Answer.Accept(job.JobId, job.CurrentState),
        };
    }
}
