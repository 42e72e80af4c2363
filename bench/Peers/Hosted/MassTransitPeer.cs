using MassTransit;

namespace JobSystem.Bench.Peers.Hosted;

/// <summary>
/// MassTransit alone on the same broker: one published and consumed message per job, with publisher confirms and a durable queue, and
/// nothing else: no record, no status, no retry. It is the ceiling for anything that sends one message per job with it, not a job system.
/// </summary>
public sealed class MassTransitPeer : IHostedPeer
{
    public const string Queue = "jobsystem-bench-raw";
    const int Publishers = 200;
    const ushort Prefetch = 256;

    readonly IBusControl bus;
    readonly NoOpConsumer consumer;

    MassTransitPeer(IBusControl bus, NoOpConsumer consumer) => (this.bus, this.consumer) = (bus, consumer);

    public static string Exchange => $"{typeof(RawJob).Namespace}:{nameof(RawJob)}";

    /// <summary>The settings in words.</summary>
    public static string Describe() => $"{Publishers} concurrent publishers with publisher confirms, persistent messages, durable queue, "
        + $"prefetch {Prefetch}, JSON envelope; one message per job; ended when consumed, nothing is recorded";

    public static async Task<IHostedPeer> Start(Uri rabbitMq, CancellationToken ct)
    {
        var consumer = new NoOpConsumer();
        var bus = Bus.Factory.CreateUsingRabbitMq(cfg =>
        {
            cfg.Host(rabbitMq, host => host.PublisherConfirmation = true);
            cfg.ReceiveEndpoint(Queue, endpoint =>
            {
                endpoint.PrefetchCount = Prefetch;
                endpoint.Instance(consumer);
            });
        });
        await bus.StartAsync(ct);
        return new MassTransitPeer(bus, consumer);
    }

    public async Task<TimeSpan> Round(int jobs, CancellationToken ct)
    {
        var countdown = consumer.Countdown = new Countdown(jobs);
        var start = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = Publishers, CancellationToken = ct },
            async (i, token) => await bus.Publish(new RawJob(Guid.CreateVersion7(), i, "hello"), token));
        await countdown.Done(ct);
        return TimeProvider.System.GetElapsedTime(start);
    }

    public async ValueTask DisposeAsync() => await bus.StopAsync(CancellationToken.None);

    sealed class NoOpConsumer : IConsumer<RawJob>
    {
        public Countdown Countdown { get; set; } = new(0);

        public Task Consume(ConsumeContext<RawJob> context)
        {
            Countdown.Signal();
            return Task.CompletedTask;
        }
    }
}

/// <summary>About what a job of the throughput figure carries.</summary>
public sealed record RawJob(Guid JobId, int Number, string Message);
