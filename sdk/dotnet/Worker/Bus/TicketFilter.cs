using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Contracts;
using JobSystem.Worker.Running;
using MassTransit;
using MassTransit.Transports;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Bus;

/// <summary>
/// Takes tickets off a queue before MassTransit looks into them: there are many, they are tiny, and each is one kind of message.
/// </summary>
/// <param name="canReturn">True when an unacknowledged delivery comes again. A transport that forgets is answered at once.</param>
sealed partial class TicketFilter(Claims claims, bool canReturn, ILogger<TicketFilter> logger) : IFilter<ReceiveContext>
{
    public async Task Send(ReceiveContext context, IPipe<ReceiveContext> next)
    {
        if (Read(context) is not { } message)
        {
            // The row is the truth: a job whose ticket is broken gets another one
            LogUnreadable(context.InputAddress);
            return;
        }
        var fate = claims.Offer(message, canReturn);
        if (!canReturn)
        {
            return;
        }
        switch (await fate)
        {
            case TicketFate.Leave:
                // A cancelled context is neither acknowledged nor given back, and not logged as an error
                (context as BaseReceiveContext)?.Cancel();
                throw new OperationCanceledException(context.CancellationToken);
            case TicketFate.Return:
                throw new OperationCanceledException("the ticket goes back to its queue");
        }
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("tickets");

    static RunAttempt? Read(ReceiveContext context)
    {
        var body = context.Body.GetBytes();
        try
        {
            return JsonSerializer.Deserialize(body, TicketJson.Default.RunAttempt);
        }
        catch (JsonException)
        {
            return ReadEnvelope(body);
        }
    }

    static RunAttempt? ReadEnvelope(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, TicketJson.Default.TicketEnvelope)?.Message;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [LoggerMessage(131, LogLevel.Warning, "A message on {Queue} is no ticket and is dropped")]
    partial void LogUnreadable(Uri queue);
}

/// <summary>The part of a MassTransit envelope that matters here.</summary>
sealed record TicketEnvelope([property: JsonPropertyName("message")] RunAttempt Message);

[JsonSerializable(typeof(RunAttempt))]
[JsonSerializable(typeof(TicketEnvelope))]
sealed partial class TicketJson : JsonSerializerContext;
