using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using JobSystem.Journeys.Systems;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace JobSystem.Journeys.Bus;

/// <summary>
/// An executor whose every word the test chooses: late, twice, out of order or never. It announces a task that no other executor
/// has, and needs no tickets: it claims what it likes.
/// </summary>
sealed class ActedWorker : IAsyncDisposable
{
    readonly Broker _broker;
    readonly IChannel _channel;
    readonly Channel<(string Type, JsonElement Message)> _inbox = Channel.CreateUnbounded<(string, JsonElement)>();

    ActedWorker(Broker broker, IChannel channel) => (_broker, _channel) = (broker, channel);

    public string Id { get; } = $"actor-{Guid.CreateVersion7():N}";

    public static async Task<ActedWorker> Enter(Stack stack, string task)
    {
        var broker = await Broker.Connect(stack, "executor");
        var worker = new ActedWorker(broker, await broker.Channel());
        await worker.Listen();
        var announced = new JsonObject { ["name"] = task, ["version"] = "1.0", ["is_async"] = true };
        await worker.Send("job-workers", "AnnounceTasks", new JsonObject { ["worker_id"] = worker.Id, ["tasks"] = new JsonArray(announced) });
        await Support.Eventually.Holds(async () =>
        {
            using var answer = await stack.Client.Raw(HttpMethod.Get, $"api/v1/tasks/{task}");
            return answer.IsSuccessStatusCode;
        });
        return worker;
    }

    /// <summary>Claims an attempt; returns "granted", or why it was denied.</summary>
    public async Task<string> Claim(string jobId, int attempt)
    {
        await Send("job-lifecycle", "ClaimAttempts", new JsonObject { ["worker_id"] = Id, ["items"] = new JsonArray(Item(jobId, attempt)) });
        var answer = await Hear("AttemptsGranted");
        return answer.GetProperty("granted").EnumerateArray().Any(grant => grant.GetProperty("job_id").GetString() == jobId)
            ? "granted"
            : answer.GetProperty("denied").EnumerateArray().Single().GetProperty("reason").GetString()!;
    }

    public Task Report(string jobId, int attempt, string step, JsonNode? result = null)
    {
        var item = Item(jobId, attempt);
        item["step"] = step;
        item["result"] = result;
        return Send("job-lifecycle", "ReportAttempts", new JsonObject { ["worker_id"] = Id, ["items"] = new JsonArray(item) });
    }

    public Task Beat(string jobId, int attempt)
    {
        var now = TimeProvider.System.GetUtcNow().ToString("O");
        return Send("job-workers", "WorkerHeartbeat", new JsonObject
        {
            ["worker_id"] = Id,
            ["name"] = "actor",
            ["host"] = "test",
            ["version"] = "1",
            ["status"] = "running",
            ["started_at"] = now,
            ["sent_at"] = now,
            ["queues"] = new JsonArray(),
            ["slots"] = 1,
            ["processed"] = 0,
            ["failed"] = 0,
            ["attempts"] = new JsonArray(Item(jobId, attempt)),
        });
    }

    /// <summary>The next message of that kind in the inbox; others before it are passed over.</summary>
    public async Task<JsonElement> Hear(string type)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await foreach (var (heard, message) in _inbox.Reader.ReadAllAsync(limit.Token))
        {
            if (heard == type)
            {
                return message;
            }
        }
        throw new InvalidOperationException("the inbox is closed");
    }

    public async ValueTask DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _broker.DisposeAsync();
    }

    static JsonObject Item(string jobId, int attempt) => new() { ["job_id"] = jobId, ["attempt"] = attempt };

    async Task Listen()
    {
        var name = $"executor.{Id}";
        await _channel.ExchangeDeclareAsync(name, ExchangeType.Fanout, durable: false, autoDelete: true);
        await _channel.QueueDeclareAsync(name, durable: false, exclusive: false, autoDelete: true);
        await _channel.QueueBindAsync(name, name, "");
        var consumer = new AsyncEventingBasicConsumer(_channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var envelope = JsonSerializer.Deserialize<JsonElement>(delivery.Body.Span);
            var type = envelope.GetProperty("messageType")[0].GetString()!;
            _inbox.Writer.TryWrite((type[(type.LastIndexOf(':') + 1)..], envelope.GetProperty("message")));
            return Task.CompletedTask;
        };
        await _channel.BasicConsumeAsync(name, autoAck: true, consumer);
    }

    async Task Send(string exchange, string type, JsonObject message)
    {
        var envelope = new JsonObject
        {
            ["messageId"] = $"{Guid.CreateVersion7()}",
            ["messageType"] = new JsonArray($"urn:message:JobSystem.Contracts:{type}"),
            ["message"] = message,
        };
        await _channel.BasicPublishAsync(exchange, "", mandatory: false, new BasicProperties { ContentType = "application/vnd.masstransit+json" },
            JsonSerializer.SerializeToUtf8Bytes(envelope));
    }
}
