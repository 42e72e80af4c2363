using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using JobSystem.Api;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Duties;
using Microsoft.Extensions.Options;

namespace JobSystem.Monitoring.Alerts;

/// <summary>
/// Posts alerts to the configured addresses, signed as the Standard Webhooks specification says. Each address has a queue of its own, and a post that
/// fails is retried for about an hour.
/// </summary>
public sealed partial class AlertWebhooks
{
    public const string Client = "webhooks";
    const string SecretPrefix = "whsec_";
    const int MostWaiting = 1000;
    const int Tries = 12;
    static readonly TimeSpan firstPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan longestPause = TimeSpan.FromMinutes(10);
    readonly IHttpClientFactory clients;
    readonly TimeProvider time;
    readonly ILogger<AlertWebhooks> logger;
    readonly byte[] secret;
    readonly IReadOnlyList<Delivery> deliveries;

    public AlertWebhooks(IHttpClientFactory clients, IOptions<AlertOptions> options, TimeProvider time, ILogger<AlertWebhooks> logger)
    {
        (this.clients, this.time, this.logger) = (clients, time, logger);
        deliveries = [.. options.Value.Targets.Select(x => new Delivery(this, x))];
        secret = deliveries.Count == 0 ? [] : Secret(options.Value.WebhookSecret);
    }

    /// <summary>One duty for each address.</summary>
    public IReadOnlyList<BackgroundDuty> Deliveries => deliveries;

    /// <summary>Enqueues an alert for each address. Never waits: the oldest alert of a full queue is dropped.</summary>
    public void Enqueue(Alert alert)
    {
        foreach (var delivery in deliveries)
        {
            delivery.Waiting.Writer.TryWrite(alert);
        }
    }

    async Task Deliver(Uri target, Alert alert, CancellationToken stoppingToken)
    {
        var pause = firstPause;
        for (var left = Tries; ; left--)
        {
            try
            {
                using var client = clients.CreateClient(Client);
                using var request = Signed(target, alert);
                using var response = await client.SendAsync(request, stoppingToken);
                response.EnsureSuccessStatusCode();
                return;
            }
            catch (Exception failed) when (!stoppingToken.IsCancellationRequested)
            {
                if (left == 1)
                {
                    LogGivenUp(alert.Name, target.Host, failed.Message);
                    return;
                }
            }
            await Task.Delay(pause, time, stoppingToken);
            pause = pause * 2 < longestPause ? pause * 2 : longestPause;
        }
    }

    HttpRequestMessage Signed(Uri target, Alert alert)
    {
        var (at, raised) = (alert.ClearedAt ?? alert.Since, alert.ClearedAt is null);
        var body = JsonSerializer.Serialize(new
        {
            type = raised ? "alert.raised" : "alert.cleared",
            timestamp = at.UtcDateTime,
            data = new
            {
                id = alert.Id,
                name = alert.Name,
                @object = alert.Subject,
                severity = alert.Severity,
                message = alert.Message,
                value = alert.Value,
                threshold = alert.Threshold,
                since = alert.Since.UtcDateTime,
                cleared_at = alert.ClearedAt?.UtcDateTime,
            },
        });
        // The id is the same for each try, so that a receiver recognises a repetition
        var id = $"{alert.Id}_{(raised ? "raised" : "cleared")}";
        var sent = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{id}.{sent}.{body}")));
        return new(HttpMethod.Post, target)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { { "webhook-id", id }, { "webhook-timestamp", sent }, { "webhook-signature", $"v1,{signature}" } },
        };
    }

    static byte[] Secret(string text)
    {
        var secret = new byte[64];
        return text.StartsWith(SecretPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(text[SecretPrefix.Length..], secret, out var length) && length is >= 24 and <= 64
            ? secret[..length]
            : throw new SettingException(
                "JOBSYSTEM_ALERT_WEBHOOK_SECRET must be whsec_ and base64 of 24 to 64 bytes when JOBSYSTEM_ALERT_WEBHOOKS is set. "
                + "Make one with: echo whsec_$(openssl rand -base64 32)");
    }

    [LoggerMessage(4011, LogLevel.Error, "Could not deliver alert {Name} to {Host}: {Reason}")]
    partial void LogGivenUp(string name, string host, string reason);

    sealed class Delivery(AlertWebhooks webhooks, Uri target) : BackgroundDuty
    {
        public Channel<Alert> Waiting { get; } =
            Channel.CreateBounded<Alert>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest });

        protected override string Name => $"{nameof(AlertWebhooks)} {target.Host}";

        protected override async Task Wait(CancellationToken stoppingToken) => await Waiting.Reader.WaitToReadAsync(stoppingToken);

        protected override Task Work(CancellationToken stoppingToken) =>
            Waiting.Reader.TryRead(out var alert) ? webhooks.Deliver(target, alert, stoppingToken) : Task.CompletedTask;
    }
}
