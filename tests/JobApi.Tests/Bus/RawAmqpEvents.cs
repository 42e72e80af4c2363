using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using System.Text.Json;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>What docs/bus.md shows to services that want to hear of their jobs.</summary>
static class RawAmqpEvents
{
    /// <summary>Hears of the jobs of an owner until it is cancelled.</summary>
    public static async Task Hear(string broker, string owner, Action<JsonElement> take, CancellationToken ct)
    {
        var factory = new ConnectionFactory { Uri = new Uri(broker) };
        await using var connection = await factory.CreateConnectionAsync(ct);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        await channel.QueueDeclareAsync("shop_bus_events", durable: true, exclusive: false, autoDelete: false, cancellationToken: ct);
        await channel.QueueBindAsync("shop_bus_events", "job-events", routingKey: owner, cancellationToken: ct);

        var events = new AsyncEventingBasicConsumer(channel);
        events.ReceivedAsync += async (_, delivery) =>
        {
            using var envelope = JsonDocument.Parse(delivery.Body);
            foreach (var step in envelope.RootElement.GetProperty("message").GetProperty("items").EnumerateArray())
            {
                take(step.Clone());
            }
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, ct);
        };
        await channel.BasicConsumeAsync("shop_bus_events", autoAck: false, events, ct);
        await Task.Delay(Timeout.Infinite, ct);
    }
}
