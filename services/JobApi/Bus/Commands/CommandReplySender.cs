using MassTransit;
using MassTransit.Serialization;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>
/// Sends the answers, beside the channel that the commands come on: an address that does not work breaks the channel that is
/// used for it, and every command in flight would come again and again. A command is done with even when its answer cannot be sent.
/// </summary>
public sealed partial class CommandReplySender(IServiceProvider services, ILogger<CommandReplySender> logger)
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(5);
    static readonly SystemTextJsonRawMessageSerializer rawJson = new();

    // The endpoints are made with the bus, and hold this: it cannot ask for the bus at once
    IBus Bus => field ??= services.GetRequiredService<IBus>();

    public async Task Send<T>(CommandReply reply, T answer) where T : class
    {
        if (reply.Address is null)
        {
            return;
        }
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            var endpoint = await Bus.GetSendEndpoint(reply.Address);
            await endpoint.Send(answer, send => Address(send, reply), deadline.Token);
        }
        catch (Exception failed)
        {
            LogUnsent(typeof(T).Name, reply.RoutingKey ?? reply.Address.ToString(), failed.GetBaseException().Message);
        }
    }

    static void Address(SendContext send, CommandReply reply)
    {
        send.RequestId = reply.RequestId;
        if (reply.Raw)
        {
            send.Serializer = rawJson;
        }
        if (send is RabbitMqSendContext rabbit)
        {
            rabbit.RoutingKey = reply.RoutingKey ?? "";
            rabbit.BasicProperties.CorrelationId = reply.CorrelationId;
        }
    }

    [LoggerMessage(2011, LogLevel.Warning, "Could not send {Answer} to {Address}: {Reason}")]
    partial void LogUnsent(string answer, string address, string reason);
}
