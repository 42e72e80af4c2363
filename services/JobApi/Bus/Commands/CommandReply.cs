using System.Text.Json;
using JobSystem.Contracts;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>
/// Where an answer goes: to the response address of the bus library, or to the plain <c>reply_to</c> of other AMQP clients. An
/// envelope is answered in an envelope, raw JSON in raw JSON.
/// </summary>
/// <param name="Address">Null when no answer is wanted.</param>
/// <param name="RoutingKey">For <c>reply_to</c>: the name of the caller's queue.</param>
/// <param name="CorrelationId">Handed back as it came; it need not be a UUID.</param>
public sealed record CommandReply(Uri? Address, string? RoutingKey, Guid? RequestId, string? CorrelationId, bool Raw)
{
    // The bus library sends to the default exchange under this name
    static readonly Uri defaultExchange = new("exchange:amq.rabbitmq.reply-to");

    static readonly string[] own =
    [
        BusAddresses.SubmitJob, BusAddresses.CancelJob, BusAddresses.RetryJob, BusAddresses.Requests, BusAddresses.Lifecycle, BusAddresses.Workers, BusAddresses.ScheduledJobs,
        BusAddresses.ScheduleOutcomes, BusAddresses.ApiKeys, BusAddresses.Audit,
    ];

    public static CommandReply OfEnvelope(ReceiveContext context, JsonElement envelope) => Of(
        context,
        envelope.TryGetProperty("responseAddress", out var address) && address.TryText(out var text) ? text : null,
        envelope.TryGetProperty("requestId", out var request) && request.TryText(out var id) ? id : null,
        raw: false);

    public static CommandReply OfHeaders(ReceiveContext context, bool raw) => Of(
        context,
        context.TransportHeaders.Get<string>(MessageHeaders.ResponseAddress),
        context.TransportHeaders.Get<string>(MessageHeaders.RequestId),
        raw);

    /// <summary>Response addresses that are refused: the system's own queues.</summary>
    static bool IsOurs(Uri address)
    {
        var name = Uri.UnescapeDataString(address.AbsolutePath.Split('/')[^1]);
        return Array.IndexOf(own, name) >= 0
            || name.StartsWith(BusAddresses.ExecutorInbox(""), StringComparison.Ordinal) || name.StartsWith("JobSystem.", StringComparison.Ordinal);
    }

    static CommandReply Of(ReceiveContext context, string? address, string? requestId, bool raw)
    {
        var properties = (context as RabbitMqBasicConsumeContext)?.Properties;
        var replyTo = properties is not null && properties.IsReplyToPresent() ? properties.ReplyTo : null;
        Guid? request = Guid.TryParse(requestId, out var id) ? id : null;
        var correlationId = properties is not null && properties.IsCorrelationIdPresent() ? properties.CorrelationId : null;
        return Uri.TryCreate(address, UriKind.Absolute, out var given)
            ? new(IsOurs(given) ? null : given, null, request, correlationId, raw)
            : new(replyTo is null ? null : defaultExchange, replyTo, request, correlationId, raw);
    }
}
