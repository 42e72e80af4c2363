using System.Collections.Concurrent;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Worker.RabbitMQ;

/// <summary>Sends to named exchanges with a timeout: during an outage MassTransit would wait indefinitely.</summary>
sealed class BusSender(IServiceProvider services, TimeProvider time)
{
    static readonly TimeSpan deadline = TimeSpan.FromSeconds(10);

    // Lazy, because services that use this are created while the bus is being built
    readonly Lazy<IBus> bus = new(services.GetRequiredService<IBus>);
    readonly ConcurrentDictionary<string, Task<ISendEndpoint>> endpoints = new();

    /// <summary>Sends a message; completes when the broker has confirmed it.</summary>
    /// <param name="exchange">Name of the exchange.</param>
    /// <param name="message">The message.</param>
    /// <param name="durable">False if the message may be lost: the broker then confirms it without writing it to disk.</param>
    /// <param name="cancellationToken">Stops waiting; the message may still be sent.</param>
    /// <param name="timeToLive">Time after which the broker drops the message; null for no limit.</param>
    /// <exception cref="TimeoutException">The broker did not confirm the message in time.</exception>
    public async Task Send<T>(
        string exchange, T message, bool durable, CancellationToken cancellationToken, TimeSpan? timeToLive = null) where T : class
    {
        using var limit = new CancellationTokenSource(deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var endpoint = await endpoints.GetOrAdd(exchange, name => bus.Value.GetSendEndpoint(new Uri($"exchange:{name}")));
        try
        {
            var pipe = timeToLive is { } limited ? Pipe<T>.Limited(limited) : durable ? Pipe<T>.Durable : Pipe<T>.Transient;
            await endpoint.Send(message, pipe, either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"The broker did not confirm a message to '{exchange}' within {deadline.TotalSeconds:0} s");
        }
    }

    static class Pipe<T> where T : class
    {
        public static readonly IPipe<SendContext<T>> Durable = MassTransit.Pipe.Empty<SendContext<T>>();
        public static readonly IPipe<SendContext<T>> Transient = MassTransit.Pipe.Execute<SendContext<T>>(
            context => context.Durable = false);

        public static IPipe<SendContext<T>> Limited(TimeSpan timeToLive) =>
            MassTransit.Pipe.Execute<SendContext<T>>(context => (context.Durable, context.TimeToLive) = (false, timeToLive));
    }
}
