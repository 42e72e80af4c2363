using JobSystem.Contracts;
using JobSystem.Worker.Bus;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Intake;

/// <summary>Sends claims to JobApi, many in one message. A claim that cannot be sent is lost; <see cref="Claims"/> repeats it.</summary>
sealed partial class ClaimSender
{
    const int MaxBatch = 256;

    /// <summary>The broker drops claims that are older, because their tickets have been returned.</summary>
    static readonly TimeSpan timeToLive = Claims.GiveUpAfter;

    readonly BusSender bus;
    readonly WorkerIdentity identity;
    readonly ILogger<ClaimSender> logger;
    readonly NaturalBatcher<Ticket> batcher;

    public ClaimSender(BusSender bus, WorkerIdentity identity, ILogger<ClaimSender> logger)
    {
        (this.bus, this.identity, this.logger) = (bus, identity, logger);
        // Two, so that a claim does not wait for the confirm of the previous one
        batcher = new(MaxBatch, 2, Send);
    }

    public Task Run() => batcher.Run();

    public void Complete() => batcher.Complete();

    public void Enqueue(Ticket ticket) => batcher.Add(ticket);

    async Task Send(List<Ticket> tickets)
    {
        var message = new ClaimAttempts
        {
            WorkerId = identity.Id,
            Items = tickets.ConvertAll(x => new AttemptClaim { JobId = x.Key.JobId, Attempt = x.Key.Attempt }),
        };
        try
        {
            // Not durable, because lost claims are repeated
            await bus.Send(BusAddresses.Lifecycle, message, durable: false, CancellationToken.None, timeToLive);
        }
        catch (Exception exception)
        {
            LogUnsent(exception, tickets.Count);
        }
    }

    [LoggerMessage(5012, LogLevel.Warning, "Could not send {Count} claims, retrying")]
    partial void LogUnsent(Exception exception, int count);
}
