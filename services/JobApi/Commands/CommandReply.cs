using System.Text.Json;
using JobSystem.JobApi.Jobs;
using MassTransit;
using MassTransit.Serialization;

namespace JobSystem.JobApi.Commands;

/// <summary>
/// Where an answer goes: to the response address of the bus library, or to the plain <c>reply_to</c> of other AMQP clients. An
/// envelope is answered in an envelope, raw JSON in raw JSON.
/// </summary>
public sealed class CommandReply
{
    static readonly Uri replyQueue = new("exchange:amq.rabbitmq.reply-to");
    static readonly TimeSpan deadline = TimeSpan.FromSeconds(10);
    static readonly SystemTextJsonRawMessageSerializer rawJson = new();

    readonly ReceiveContext context;
    readonly Uri? address;
    readonly Guid? requestId;
    readonly string? correlationId;
    readonly bool raw;

    CommandReply(ReceiveContext context, Uri? address, Guid? requestId, bool raw)
    {
        var properties = (context as RabbitMqBasicConsumeContext)?.Properties;
        this.context = context;
        this.address = address ?? (properties is not null && properties.IsReplyToPresent() ? replyQueue : null);
        this.requestId = requestId;
        this.raw = raw;
        correlationId = properties is not null && properties.IsCorrelationIdPresent() ? properties.CorrelationId : null;
    }

    public static CommandReply OfEnvelope(ReceiveContext context, JsonElement envelope) => new(
        context,
        envelope.TryGetProperty("responseAddress", out var address) && address.TryText(out var text) ? Address(text) : null,
        envelope.TryGetProperty("requestId", out var request) && request.ValueKind == JsonValueKind.String && request.TryGetGuid(out var id) ? id : null,
        raw: false);

    public static CommandReply OfHeaders(ReceiveContext context, bool raw) => new(
        context,
        context.TransportHeaders.Get<string>(MessageHeaders.ResponseAddress) is { } text ? Address(text) : null,
        Guid.TryParse(context.TransportHeaders.Get<string>(MessageHeaders.RequestId), out var id) ? id : null,
        raw);

    static Uri? Address(string text) => Uri.TryCreate(text, UriKind.Absolute, out var address) ? address : null;

    public bool IsWanted => address is not null;

    public async Task Send<T>(T answer) where T : class
    {
        if (address is null)
        {
            return;
        }
        using var limit = new CancellationTokenSource(deadline);
        var endpoint = await context.SendEndpointProvider.GetSendEndpoint(address);
        await endpoint.Send(answer, send =>
        {
            send.RequestId = requestId;
            if (raw)
            {
                send.Serializer = rawJson;
            }
            if (correlationId is not null && send is RabbitMqSendContext rabbit)
            {
                rabbit.BasicProperties.CorrelationId = correlationId;
            }
        }, limit.Token);
    }
}
