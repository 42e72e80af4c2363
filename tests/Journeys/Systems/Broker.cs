using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;
using JobSystem.Journeys.Evidence;
using JobSystem.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobSystem.Journeys.Systems;

/// <summary>The stack's RabbitMQ, as its operator sees and breaks it.</summary>
public sealed class Broker : IAsyncDisposable
{
    /// <summary>Where executors send their requests for attempts.</summary>
    public const string Requests = "job-requests";

    readonly IConnection _connection;

    Broker(IConnection connection) => _connection = connection;

    /// <summary>As the administrator, or as <paramref name="user"/>: the users of a stack share one password.</summary>
    public static async Task<Broker> Connect(Stack stack, string? user = null)
    {
        var factory = new ConnectionFactory { Uri = new Uri(stack["JOBSYSTEM_RABBITMQ"]), AutomaticRecoveryEnabled = false };
        factory.UserName = user ?? factory.UserName;
        return new Broker(await factory.CreateConnectionAsync());
    }

    /// <summary>
    /// A user as docs/bus.md gives it to an application that hands over jobs on the bus: it may send the three commands and read its own answers.
    /// </summary>
    public static async Task<Broker> ConnectAsApplication(Stack stack, string user)
    {
        using var http = Management(stack);
        var own = $@"{user}_bus_.+";
        var commands = $@"^(submit-job|cancel-job|retry-job|JobSystem\.Contracts:(SubmitJob|CancelJob|RetryJob)|{own})$";
        await Put(http, $"api/users/{user}", new { password = stack["JOBSYSTEM_RABBITMQ_PASSWORD"], tags = "" });
        await Put(http, $"api/permissions/%2F/{user}", new { configure = commands, write = commands, read = $"^{own}$" });
        return await Connect(stack, user);
    }

    /// <summary>No request of an executor is left over, and no message was put aside as undeliverable or faulty.</summary>
    public static Task IsClean(Stack stack) => Eventually.Passes(async () =>
    {
        await using var broker = await Connect(stack);
        foreach (var queue in (await QueueNames(stack)).Where(IsEmptyWhenQuiet))
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

    /// <summary>The queues on which jobs get to executors: that of the executors' requests, and their inboxes.</summary>
    public static async Task<IReadOnlyList<string>> JobQueues(Stack stack) =>
        [.. (await QueueNames(stack)).Where(name => name == Requests || name.StartsWith("executor.", StringComparison.Ordinal))];

    /// <summary>What the broker has counted on a queue; it counts every few seconds only.</summary>
    public static async Task<Deliveries> Delivered(Stack stack, string queue)
    {
        using var http = Management(stack);
        return (await http.GetFromJsonAsync<Counts>($"api/queues/%2F/{Uri.EscapeDataString(queue)}"))?.Deliveries ?? new(0, 0);
    }

    /// <summary>What is left in the queue of requests, and in those of messages that were put aside. The broker counts every few seconds only.</summary>
    public static async Task<IReadOnlyDictionary<string, QueueDepth>> LeftOver(Stack stack)
    {
        var clock = Stopwatch.StartNew();
        var depths = await Depths(stack);
        while (depths.Values.Any(depth => depth is not { Ready: 0, Unacknowledged: 0 }) && clock.Elapsed < TimeSpan.FromSeconds(30))
        {
            await Task.Delay(500);
            depths = await Depths(stack);
        }
        return depths;
    }

    static async Task<IReadOnlyDictionary<string, QueueDepth>> Depths(Stack stack)
    {
        using var http = Management(stack);
        var queues = await http.GetFromJsonAsync<QueueCounts[]>("api/queues?columns=name,messages_ready,messages_unacknowledged") ?? [];
        return queues.Where(queue => IsEmptyWhenQuiet(queue.Name))
            .ToDictionary(queue => queue.Name, queue => new QueueDepth(queue.Ready, queue.Unacknowledged));
    }

    /// <summary>Connections and channels that are open.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> Objects(Stack stack)
    {
        using var http = Management(stack);
        var totals = (await http.GetFromJsonAsync<Overview>("api/overview"))!.Totals;
        return new Dictionary<string, long> { ["broker connections"] = totals.Connections, ["broker channels"] = totals.Channels };
    }

    /// <summary>What its operator tells it: rabbitmqctl, for this broker only.</summary>
    public static async Task Control(Stack stack, params string[] words)
    {
        var environment = new Dictionary<string, string>
        {
            ["HOME"] = Path.Combine(stack.DataFolder, "rabbitmq", "home"),
            ["ERL_EPMD_PORT"] = stack.PortOf("epmd"),
            ["RABBITMQ_CONF_ENV_FILE"] = Path.Combine(stack.DataFolder, "rabbitmq", "none.conf"),
        };
        // Debian's wrapper on the path insists on the system's own broker; the script below it does not
        const string Debian = "/usr/lib/rabbitmq/bin/rabbitmqctl";
        var ended = await Shell.Run([File.Exists(Debian) ? Debian : "rabbitmqctl", "-q", "-n", $"jobsystem{stack.PortOf("rabbitmq")}@localhost",
            .. words], environment);
        ended.Successfully();
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

    /// <summary>As the operator, who may do it to a queue that belongs to one connection only.</summary>
    public static Task Purge(Stack stack, string queue) => Control(stack, "purge_queue", queue);

    /// <inheritdoc cref="Purge"/>
    public static Task Delete(Stack stack, string queue) => Control(stack, "delete_queue", queue);

    public Task<IChannel> Channel() => _connection.CreateChannelAsync();

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    public static async Task<BrokerPermissions> Permissions(Stack stack, string user)
    {
        using var http = Management(stack);
        return await http.GetFromJsonAsync<BrokerPermissions>($"api/permissions/%2F/{user}")
            ?? throw new InvalidOperationException($"{user} has no permissions");
    }

    static async Task Put(HttpClient http, string path, object body)
    {
        using var answer = await http.PutAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
    }

    static bool IsEmptyWhenQuiet(string queue) =>
        queue == Requests
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

    sealed record QueueCounts(string Name, [property: JsonPropertyName("messages_ready")] long Ready,
        [property: JsonPropertyName("messages_unacknowledged")] long Unacknowledged);

    sealed record Overview([property: JsonPropertyName("object_totals")] ObjectTotals Totals);

    sealed record ObjectTotals(long Connections, long Channels);

    sealed record Counts([property: JsonPropertyName("message_stats")] Deliveries? Deliveries);
}

/// <param name="Ack">Messages that a consumer has finished with.</param>
/// <param name="Redeliver">Messages that were handed out once more.</param>
public sealed record Deliveries(long Ack, long Redeliver);

/// <summary>What a user may do, as regular expressions on names of queues and exchanges.</summary>
public sealed record BrokerPermissions(string Configure, string Write, string Read);
