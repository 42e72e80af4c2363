using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>Address of the broker: <c>amqp://user:password@host:port/vhost</c>, or <c>amqps://</c> for TLS.</summary>
public sealed record BrokerUrl(string Host, int Port, string VirtualHost, string UserName, string Password, bool Tls)
{
    /// <exception cref="SettingException">Not such a URL; the message never repeats the password.</exception>
    public static BrokerUrl Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("amqp" or "amqps" or "rabbitmq" or "rabbitmqs") || url.Host.Length == 0)
        {
            throw new SettingException("The RabbitMQ address is not understood. Expected amqp://user:password@host:port/vhost.");
        }

        var tls = url.Scheme.EndsWith('s');
        var (user, password) = UrlCredentials.Read(url);
        var vhost = url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : "/";
        return new(url.Host.Trim('[', ']'), url.Port > 0 ? url.Port : tls ? 5671 : 5672, vhost, user ?? "guest", password ?? "guest", tls);
    }

    /// <summary>Without the password: for logs and health pages.</summary>
    public override string ToString() => $"{(Tls ? "amqps" : "amqp")}://{UserName}@{Host}:{Port}/{Uri.EscapeDataString(VirtualHost)}";
}
