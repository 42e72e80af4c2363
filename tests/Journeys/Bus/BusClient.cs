using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.Journeys.Systems;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace JobSystem.Journeys.Bus;

/// <summary>
/// Another service on the bus, with nothing but an AMQP client and a user of its own on the broker: it sends commands in its name and hears the answers.
/// </summary>
sealed class BusClient : IAsyncDisposable
{
    const string DirectReplies = "amq.rabbitmq.reply-to";

    readonly Broker _broker;
    readonly IChannel _channel;
    readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> _open = new();

    BusClient(string user, Broker broker, IChannel channel) => (User, _broker, _channel) = (user, broker, channel);

    /// <summary>Its name at the broker, which owns the jobs that it submits.</summary>
    public string User { get; }

    public static async Task<BusClient> Connect(Stack stack)
    {
        var user = Deployment.Label("client");
        var broker = await Broker.ConnectAsApplication(stack, user);
        var client = new BusClient(user, broker, await broker.Channel());
        await client.Listen();
        return client;
    }

    /// <summary>Plain JSON, answered through <c>reply_to</c> as AMQP clients know it.</summary>
    public Task<JsonElement> AskRaw(string exchange, string json, string contentType = "application/json")
    {
        var id = $"{Guid.CreateVersion7()}";
        var properties = new BasicProperties { ContentType = contentType, ReplyTo = DirectReplies, CorrelationId = id };
        return Ask(id, () => Send(exchange, json, properties));
    }

    /// <summary>Plain JSON with the bus library's transport headers.</summary>
    public Task<JsonElement> AskWithHeaders(string exchange, string json)
    {
        var id = $"{Guid.CreateVersion7()}";
        var headers = new Dictionary<string, object?> { ["MT-Request-Id"] = id, ["MT-Response-Address"] = ReplyAddress };
        return Ask(id, () => Send(exchange, json, new BasicProperties { ContentType = "application/json", Headers = headers, CorrelationId = id }));
    }

    /// <summary>An envelope, as the bus library writes it.</summary>
    public Task<JsonElement> AskEnvelope(string exchange, string type, JsonNode message)
    {
        var id = $"{Guid.CreateVersion7()}";
        return Ask(id, () => SendEnvelope(exchange, type, message, id, id));
    }

    public Task SendEnvelope(string exchange, string type, JsonNode message, string messageId, string? requestId = null)
    {
        var envelope = new JsonObject
        {
            ["messageId"] = messageId,
            ["messageType"] = new JsonArray($"urn:message:JobSystem.Contracts:{type}"),
            ["message"] = message.DeepClone(),
        };
        if (requestId is not null)
        {
            envelope["requestId"] = requestId;
            envelope["responseAddress"] = ReplyAddress;
        }
        return Send(exchange, envelope.ToJsonString(), new BasicProperties { ContentType = "application/vnd.masstransit+json", MessageId = messageId });
    }

    public Task Send(string exchange, string body, BasicProperties? properties = null) => Send(exchange, Encoding.UTF8.GetBytes(body), properties);

    public async Task Send(string exchange, ReadOnlyMemory<byte> body, BasicProperties? properties = null)
    {
        var with = properties ?? new BasicProperties { ContentType = "application/json" };
        with.Persistent = true;
        with.UserId = User;
        await _channel.BasicPublishAsync(exchange, routingKey: "", mandatory: false, with, body);
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _broker.DisposeAsync();
    }

    /// <summary>JobApi may answer to queues of this form only; the bus library names its own so.</summary>
    string Answers => $"{User}_bus_answers";

    string ReplyAddress => $"rabbitmq://localhost/{Answers}?durable=false&autodelete=true";

    async Task Listen()
    {
        await _channel.ExchangeDeclareAsync(Answers, ExchangeType.Fanout, durable: false, autoDelete: true);
        await _channel.QueueDeclareAsync(Answers, durable: false, exclusive: true, autoDelete: true);
        await _channel.QueueBindAsync(Answers, Answers, "");
        var consumer = new AsyncEventingBasicConsumer(_channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            Hear(delivery);
            return Task.CompletedTask;
        };
        await _channel.BasicConsumeAsync(Answers, autoAck: true, consumer);
        await _channel.BasicConsumeAsync(DirectReplies, autoAck: true, consumer);
    }

    /// <summary>The answer itself, out of its envelope if it came in one.</summary>
    void Hear(BasicDeliverEventArgs delivery)
    {
        var answer = JsonSerializer.Deserialize<JsonElement>(delivery.Body.Span);
        var id = delivery.BasicProperties.CorrelationId ?? Header(delivery, "MT-Request-Id");
        if (answer.TryGetProperty("messageType", out _))
        {
            id ??= answer.GetProperty("requestId").GetString();
            answer = answer.GetProperty("message");
        }
        if (id is not null && _open.TryRemove(id, out var waiting))
        {
            waiting.TrySetResult(answer);
        }
    }

    async Task<JsonElement> Ask(string id, Func<Task> send)
    {
        var answer = _open.GetOrAdd(id, _ => new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously));
        await send();
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    static string? Header(BasicDeliverEventArgs delivery, string name) =>
        delivery.BasicProperties.Headers is { } headers && headers.TryGetValue(name, out var value)
            ? value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : value?.ToString()
            : null;
}
