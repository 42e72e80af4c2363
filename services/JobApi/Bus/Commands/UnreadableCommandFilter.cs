using JobSystem.Contracts;
using JobSystem.ServiceDefaults;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>Drops unreadable messages before the bus library handles them: responds if possible, and logs the reason.</summary>
sealed partial class UnreadableCommandFilter(string queue, string urn, CommandReplySender replies, SecretKeys secrets, ILogger<UnreadableCommandFilter> logger) : IFilter<ReceiveContext>
{
    public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        var errors = new FieldErrors();
        using var command = ReceivedCommand.Read(context, urn, errors);
        if (!errors.Any)
        {
            context.AddOrUpdatePayload(() => command, _ => command);
            await next.Send(context);
            return;
        }
        LogUnreadable(queue, secrets.Clean(errors.Summary));
        await replies.Send(command.Reply, new JobRejected { Reason = errors.Summary, Code = errors.Code, Errors = errors.Messages });
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("command-guard");

    [LoggerMessage(2021, LogLevel.Warning, "Dropped an unreadable message from queue {Queue}: {Reason}")]
    partial void LogUnreadable(string queue, string reason);
}
