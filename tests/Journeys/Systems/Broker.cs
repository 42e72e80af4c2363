using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;
using JobSystem.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobSystem.Journeys.Systems;

/// <summary>The stack's RabbitMQ, as its operator sees and breaks it.</summary>
public sealed class Broker : IAsyncDisposable
{
    readonly IConnection _connection;

    Broker(IConnection connection) => _connection = connection;

    public static async Task<Broker> Connect(Stack stack)
    {
        var factory = new ConnectionFactory { Uri = new Uri(stack["JOBSYSTEM_RABBITMQ"]), AutomaticRecoveryEnabled = false };
        return new Broker(await factory.CreateConnectionAsync());
    }

    /// <summary>No ticket is left over, and no message was put aside as undeliverable or faulty.</summary>
    public static Task IsClean(Stack stack) => Eventually.Passes(async () =>
    {
        await using var broker = await Connect(stack);
        foreach (var queue in (await QueueNames(stack)).Where(IsTicketQueueOrLeftover))
        {
            Assert.Equal((queue, 0u), (queue, await broker.Ready(queue)));
        }
    }, TimeSpan.FromSeconds(30));

    /// <summary>What an operator's "close all connections" does.</summary>
    public static async Task CutAllConnections(Stack stack)
    {
        using var http = Management(stack);
        foreach (var connection in await http.GetFromJsonAsync<Named[]>("api/connections?columns=name") ?? [])
        {
            using var answer = await http.DeleteAsync($"api/connections/{Uri.EscapeDataString(connection.Name)}");
        }
    }

    public static async Task<IReadOnlyList<string>> QueueNames(Stack stack)
    {
        using var http = Management(stack);
        return [.. (await http.GetFromJsonAsync<Named[]>("api/queues?columns=name") ?? []).Select(queue => queue.Name)];
    }

    /// <summary>What the broker has counted on a queue; it counts every few seconds only.</summary>
    public static async Task<Deliveries> Delivered(Stack stack, string queue)
    {
        using var http = Management(stack);
        return (await http.GetFromJsonAsync<Counts>($"api/queues/%2F/{Uri.EscapeDataString(queue)}"))?.Deliveries ?? new(0, 0);
    }

    /// <summary>Messages that wait in a queue, by the broker's own count; 0 when there is no such queue.</summary>
    public async Task<uint> Ready(string queue)
    {
        await using var channel = await _connection.CreateChannelAsync();
        try
        {
            return (await channel.QueueDeclarePassiveAsync(queue)).MessageCount;
        }
        catch (OperationInterruptedException gone) when (gone.ShutdownReason?.ReplyCode == 404)
        {
            return 0;
        }
    }

    public async Task Purge(string queue)
    {
        await using var channel = await _connection.CreateChannelAsync();
        await channel.QueuePurgeAsync(queue);
    }

    public async Task Delete(string queue)
    {
        await using var channel = await _connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(queue);
    }

    public Task<IChannel> Channel() => _connection.CreateChannelAsync();

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    static bool IsTicketQueueOrLeftover(string queue) =>
        queue.StartsWith("job-queue.", StringComparison.Ordinal)
        || queue.EndsWith("_error", StringComparison.Ordinal)
        || queue.EndsWith("_skipped", StringComparison.Ordinal);

    static HttpClient Management(Stack stack)
    {
        var login = $"{stack["JOBSYSTEM_RABBITMQ_USER"]}:{stack["JOBSYSTEM_RABBITMQ_PASSWORD"]}";
        return new HttpClient
        {
            BaseAddress = new Uri(stack["JOBSYSTEM_RABBITMQ_MANAGEMENT"].TrimEnd('/') + "/"),
            Timeout = TimeSpan.FromSeconds(5),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login))) },
        };
    }

    sealed record Named(string Name);

    sealed record Counts([property: JsonPropertyName("message_stats")] Deliveries? Deliveries);
}

/// <param name="Ack">Messages that a consumer has finished with.</param>
/// <param name="Redeliver">Messages that were handed out once more.</param>
public sealed record Deliveries(long Ack, long Redeliver);
