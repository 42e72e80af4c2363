using JobSystem.Bench.Meters;
using JobSystem.Bench.Stack;

namespace JobSystem.Bench.Peers;

/// <summary>What a peer leaves on the stack's broker and the bench takes away after its turn.</summary>
public sealed record BrokerLeftovers(string[] Queues, string[] Exchanges)
{
    public async Task Remove(StackEnv env)
    {
        using var broker = new BrokerMeter(env);
        var vhost = VirtualHost(env);
        foreach (var queue in Queues)
        {
            await broker.Delete($"/api/queues/{vhost}/{Uri.EscapeDataString(queue)}", CancellationToken.None);
        }
        foreach (var exchange in Exchanges)
        {
            await broker.Delete($"/api/exchanges/{vhost}/{Uri.EscapeDataString(exchange)}", CancellationToken.None);
        }
    }

    /// <summary>The stack's virtual host as a part of the management API's paths.</summary>
    public static string VirtualHost(StackEnv env)
    {
        var path = env.RabbitMq.AbsolutePath;
        return Uri.EscapeDataString(path is "/" or "" ? "/" : Uri.UnescapeDataString(path[1..]));
    }
}
