using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace JobSystem.JobApi.Tests.Bus;

/// <summary>What docs/bus.md shows to applications that use RabbitMQ's own client.</summary>
static class RawAmqp
{
    /// <summary>Hands over a job and returns the answer.</summary>
    public static async Task<string> Submit(string broker, string job)
    {
        var factory = new ConnectionFactory { Uri = new Uri(broker) };
        await using var connection = await factory.CreateConnectionAsync();
        var confirmed = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
        await using var channel = await connection.CreateChannelAsync(confirmed);

        var answer = new TaskCompletionSource<string>();
        var answers = new AsyncEventingBasicConsumer(channel);
        answers.ReceivedAsync += (_, message) =>
        {
            answer.TrySetResult(Encoding.UTF8.GetString(message.Body.Span));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync("amq.rabbitmq.reply-to", autoAck: true, answers);

        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Persistent = true,
            UserId = factory.UserName,
            ReplyTo = "amq.rabbitmq.reply-to",
            CorrelationId = "order-42",
        };
        await channel.BasicPublishAsync("submit-job", "", mandatory: true, properties, Encoding.UTF8.GetBytes(job));
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
