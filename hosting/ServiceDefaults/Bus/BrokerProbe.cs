using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>Publishes an unroutable message on a separate connection to check whether the broker responds.</summary>
static class BrokerProbe
{
    static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>True if the broker responded, even with a refusal. A broker that is short of memory or disk does not respond.</summary>
    public static async Task<bool> Answers(BrokerUrl url, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ResponseTimeout);
        var factory = new ConnectionFactory
        {
            HostName = url.Host,
            Port = url.Port,
            VirtualHost = url.VirtualHost,
            UserName = url.UserName,
            Password = url.Password,
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = "probe",
            Ssl = new() { Enabled = url.Tls, ServerName = url.Host },
        };
        try
        {
            await using var connection = await factory.CreateConnectionAsync(deadline.Token);
            var confirmed = new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
            await using var channel = await connection.CreateChannelAsync(confirmed, deadline.Token);
            try
            {
                await channel.BasicPublishAsync("", "jobsystem.nowhere", body: default, cancellationToken: deadline.Token);
                return true;
            }
            catch (RabbitMQClientException)
            {
                return true;
            }
        }
        catch (Exception failure) when (failure is RabbitMQClientException or OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
