using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using JobSystem.Journeys.Systems;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace JobSystem.Journeys.Bus;

/// <summary>
/// An executor whose every word the test chooses: late, twice, out of order or never. It announces a task that no other executor has.
/// </summary>
sealed class ActedWorker : IAsyncDisposable
{
    /// <summary>A job that was stored through another instance may be found only by the next scan.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    readonly Broker _broker;
    readonly IChannel _channel;
    readonly string _task;
    readonly Channel<(string Type, JsonElement Message)> _inbox = Channel.CreateUnbounded<(string, JsonElement)>();

    ActedWorker(Broker broker, IChannel channel, string task) => (_broker, _channel, _task) = (broker, channel, task);

    public string Id { get; } = $"actor-{Guid.CreateVersion7():N}";

    public static async Task<ActedWorker> Enter(Stack stack, string task)
    {
        var broker = await Broker.Connect(stack, "executor");
        var worker = new ActedWorker(broker, await broker.Channel(), task);
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

    /// <summary>Asks for an attempt and returns it as "JOB ATTEMPT"; null if none is granted soon.</summary>
    public async Task<string?> Ask()
    {
        var request = Request();
        var asked = TimeProvider.System.GetTimestamp();
        await SendRequest(request.ToJsonString());
        while (Patience - TimeProvider.System.GetElapsedTime(asked) is var left && left > TimeSpan.Zero)
        {
            if (await TryHear("AttemptsGranted", left) is { } answer && answer.GetProperty("request_id").GetString() == (string?)request["request_id"])
            {
                var grant = answer.GetProperty("granted").EnumerateArray().Single();
                return $"{grant.GetProperty("job_id").GetString()} {grant.GetProperty("attempt").GetInt32()}";
            }
        }
        return null;
    }

    /// <summary>A request for one attempt of this worker's task.</summary>
    public JsonObject Request() => new()
    {
        ["worker_id"] = Id,
        ["request_id"] = $"{Guid.CreateVersion7()}",
        ["count"] = 1,
        ["tasks"] = new JsonArray(new JsonObject { ["name"] = _task, ["version"] = "1.0" }),
    };

    /// <summary>Sends a request that need not be one.</summary>
    /// <param name="message">The message as JSON.</param>
    public Task SendRequest(string message) => SendRaw(Broker.Requests, Envelope("RequestAttempts", message));

    /// <summary>Sends what need not even be an envelope.</summary>
    public async Task SendRaw(string exchange, string body) => await _channel.BasicPublishAsync(exchange, "", mandatory: false,
        new BasicProperties { ContentType = "application/vnd.masstransit+json" }, Encoding.UTF8.GetBytes(body));

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
    public async Task<JsonElement> Hear(string type) =>
        await TryHear(type, TimeSpan.FromSeconds(10)) ?? throw new TimeoutException($"{Id} has heard no {type}");

    /// <inheritdoc cref="Hear"/>
    public async Task<JsonElement?> TryHear(string type, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        try
        {
            await foreach (var (heard, message) in _inbox.Reader.ReadAllAsync(limit.Token))
            {
                if (heard == type)
                {
                    return message;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Nothing came
        }
        return null;
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

    Task Send(string exchange, string type, JsonObject message) => SendRaw(exchange, Envelope(type, message.ToJsonString()));

    static string Envelope(string type, string message) =>
        $$"""{"messageId":"{{Guid.CreateVersion7()}}","messageType":["urn:message:JobSystem.Contracts:{{type}}"],"message":{{message}}}""";
}
