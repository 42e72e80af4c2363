using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>Executes a command and responds to it. While the database is unavailable, the message stays unacknowledged and is retried.</summary>
public sealed partial class CommandHandler(CommandReplySender replies, CommandAudit audit, SecretKeys secrets, IOptions<CommandOptions> options, TimeProvider time, ILogger<CommandHandler> logger)
{
    static readonly TimeSpan firstPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(5);

    public async Task Serve(ConsumeContext context, string name, Func<ReceivedCommand, CallerScope, CancellationToken, Task<Answer>> handle)
    {
        var command = context.ReceiveContext.TryGetPayload(out ReceivedCommand? read) ? read : throw new InvalidOperationException("the guard is missing on this endpoint");
        var sender = Sender(command);
        var answer = await Persist(() => handle(command, sender, context.CancellationToken), name, context.CancellationToken);
        await audit.Record(name, sender, command, answer);
        if (answer is Answer.No(var rejected))
        {
            LogRefused(name, sender.Owner, secrets.Clean(Loggable(rejected)));
            await replies.Send(command.Reply, rejected);
        }
        else if (answer is Answer.Yes(var accepted))
        {
            await replies.Send(command.Reply, accepted);
        }
    }

    /// <summary>The sender of a message. In memory it is this system; with a broker it is the user id that the broker has validated, or else the default owner.</summary>
    CallerScope Sender(ReceivedCommand command) =>
        command.IsInProcess ? new(options.Value.Owner, Permission.ManageJobs)
        : command.UserId is not { } user ? new(options.Value.Owner, Permission.None)
        : new(user, options.Value.IsManager(user) ? Permission.ManageJobs : Permission.None);

    /// <summary>Errors without the received values, which may be job arguments.</summary>
    static string Loggable(JobRejected rejected) => rejected.Errors is { } errors ? $"{rejected.Code} ({string.Join(", ", errors.Keys)})" : rejected.Reason;

    async Task<Answer> Persist(Func<Task<Answer>> handle, string name, CancellationToken cancellationToken)
    {
        for (var pause = firstPause; ; pause = pause * 2 < longestPause ? pause * 2 : longestPause)
        {
            try
            {
                return await handle();
            }
            catch (Exception away) when (away is StoreUnavailableException or TimeoutException && !cancellationToken.IsCancellationRequested)
            {
                LogWaiting(name, pause, away.GetBaseException().Message);
            }
            await Task.Delay(pause, time, cancellationToken);
        }
    }

    [LoggerMessage(2001, LogLevel.Warning, "Refused {Command} from {Sender}: {Reason}")]
    partial void LogRefused(string command, string sender, string reason);

    [LoggerMessage(2002, LogLevel.Warning, "Database unavailable, retrying {Command} in {Pause}: {Reason}")]
    partial void LogWaiting(string command, TimeSpan pause, string reason);
}

/// <summary>The two answers to a command.</summary>
public abstract record Answer
{
    Answer()
    {
    }

    public sealed record Yes(JobAccepted Accepted) : Answer;

    public sealed record No(JobRejected Rejected) : Answer;

    public static Answer Accept(string jobId, string status, bool duplicate = false) =>
        new Yes(new() { JobId = jobId, Status = status, Duplicate = duplicate });

    public static Answer Reject(string code, string reason, string? jobId = null) => new No(new() { Reason = reason, Code = code, JobId = jobId });

    public static Answer Reject(FieldErrors errors, string? jobId = null) =>
        new No(new() { Reason = errors.Summary, Code = errors.Code, JobId = jobId, Errors = errors.Messages });
}
