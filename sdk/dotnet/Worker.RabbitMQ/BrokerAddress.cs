using MassTransit;
using Microsoft.Extensions.Configuration;

namespace JobSystem.Worker.RabbitMQ;

/// <summary>Address and credentials of the broker: <c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c>.</summary>
sealed class BrokerAddress
{
    const string Setting = "JOBSYSTEM_RABBITMQ";
    readonly Uri url;

    BrokerAddress(Uri url) => this.url = url;

    public static BrokerAddress Read(IConfiguration configuration)
    {
        if (configuration[Setting] is not { Length: > 0 } text)
        {
            throw new WorkerSettingException($"{Setting} is not set. It is the broker's address: amqp://user:password@host:port/vhost");
        }
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "amqp" or "amqps"
            ? new(new(text))
            : throw new WorkerSettingException($"{Setting} is not understood. Expected amqp://user:password@host:port/vhost");
    }

    public void Apply(IRabbitMqBusFactoryConfigurator bus)
    {
        var tls = url.Scheme == "amqps";
        var user = url.UserInfo.Split(':', 2);
        var port = (ushort)(url.Port > 0 ? url.Port : tls ? 5671 : 5672);
        var virtualHost = url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : "/";
        bus.Host(url.Host, port, virtualHost, host =>
        {
            host.Username(user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : "guest");
            host.Password(user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "guest");
            host.Heartbeat(TimeSpan.FromSeconds(10));
            if (tls)
            {
                host.UseSsl(ssl => ssl.ServerName = url.Host);
            }
        });
    }
}
