using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>
/// Counts messages that no service could process: the bus moves them into a queue beside the one they came from, <c>…_error</c> or
/// <c>…_skipped</c>. They are read from RabbitMQ's management API if <c>JOBSYSTEM_RABBITMQ_MANAGEMENT</c> has its address.
/// </summary>
public sealed class ErrorQueues(IHttpClientFactory clients, IConfiguration configuration)
{
    public const string Setting = "JOBSYSTEM_RABBITMQ_MANAGEMENT";
    public const string Client = "broker-management";
    static readonly string[] endings = ["_error", "_skipped"];

    readonly Management? management = Management.FromSettings(configuration);

    /// <returns>Null if the management API is not known.</returns>
    public async Task<ErrorQueueReading?> Read(CancellationToken cancellationToken)
    {
        if (management is null)
        {
            return null;
        }
        try
        {
            using var client = clients.CreateClient(Client);
            using var request = new HttpRequestMessage(HttpMethod.Get, management.Queues);
            request.Headers.Authorization = management.Credentials;
            using var response = await client.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                return new([], $"The broker's management API answered {(int)response.StatusCode}.");
            }
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return new([.. json.RootElement.EnumerateArray().Select(ReadQueue).Where(IsErrorQueue)], null);
        }
        catch (Exception away) when (away is HttpRequestException or JsonException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new([], "The broker's management API did not answer.");
        }
    }

    /// <summary>A queue that was created a moment ago has no count yet.</summary>
    static ErrorQueue ReadQueue(JsonElement queue) =>
        new(queue.GetProperty("name"u8).GetString()!, queue.TryGetProperty("messages"u8, out var count) ? count.GetInt64() : 0);

    static bool IsErrorQueue(ErrorQueue queue) =>
        queue.Messages > 0 && endings.Any(ending => queue.Queue.EndsWith(ending, StringComparison.Ordinal));

    sealed record Management(Uri Queues, AuthenticationHeaderValue Credentials)
    {
        /// <exception cref="SettingException">The address is not one, or the bus has no user whose credentials could be used.</exception>
        public static Management? FromSettings(IConfiguration configuration)
        {
            if (configuration.Optional(Setting) is not { } text)
            {
                return null;
            }
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")
                || configuration.Optional(BusSetup.UrlSetting) is not { } bus)
            {
                throw new SettingException($"{Setting} is '{text}'. Expected http://host:port or https://host:port; "
                    + $"{BusSetup.UrlSetting} must be set too, because its user and password are used.");
            }
            var broker = BrokerUrl.Parse(bus);
            return new(new Uri(url, $"/api/queues/{Uri.EscapeDataString(broker.VirtualHost)}?columns=name,messages"),
                new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{broker.UserName}:{broker.Password}"))));
        }
    }
}

public sealed record ErrorQueue(string Queue, long Messages);

/// <param name="Fault">Why there is no answer.</param>
public sealed record ErrorQueueReading(IReadOnlyList<ErrorQueue> Queues, string? Fault);
