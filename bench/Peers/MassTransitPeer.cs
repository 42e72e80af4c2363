using JobSystem.Bench.Meters;
using JobSystem.Bench.Reports;
using JobSystem.Bench.Stack;
using MassTransit;

namespace JobSystem.Bench.Peers;

/// <summary>
/// MassTransit alone on the same broker: one published and consumed message per job, with publisher confirms and a durable queue, and nothing else:
/// no record, no status, no retry. It is the ceiling for anything that sends one message per job with it, not a job system.
/// </summary>
public sealed class MassTransitPeer(BenchStack stack, BenchOptions options)
{
    const string Queue = "jobsystem-bench-raw";
    const int Publishers = 200;
    const ushort Prefetch = 256;

    public async Task<Section> Measure(CancellationToken ct)
    {
        Console.Error.WriteLine("peer: MassTransit on RabbitMQ");
        var consumer = new NoOpConsumer();
        var bus = Bus.Factory.CreateUsingRabbitMq(cfg =>
        {
            cfg.Host(stack.Env.RabbitMq, host => host.PublisherConfirmation = true);
            cfg.ReceiveEndpoint(Queue, endpoint =>
            {
                endpoint.PrefetchCount = Prefetch;
                endpoint.Instance(consumer);
            });
        });
        await bus.StartAsync(ct);
        try
        {
            return await Measure(bus, consumer, ct);
        }
        finally
        {
            await bus.StopAsync(CancellationToken.None);
            await RemoveTopology();
        }
    }

    async Task<Section> Measure(IBusControl bus, NoOpConsumer consumer, CancellationToken ct)
    {
        await Round(bus, consumer, ct);
        await using var measurement = await Measurement.Begin(stack.Env, ct);
        var speeds = new List<double>();
        for (var i = 0; i < options.Rounds; i++)
        {
            var elapsed = await measurement.Round(() => Round(bus, consumer, ct));
            speeds.Add(options.RawMessages / elapsed.TotalSeconds);
            Console.Error.WriteLine($"  round {i + 1}: {speeds[^1]:F0} messages/s");
        }
        var section = new Section($"peer: MassTransit publish and consume, {options.RawMessages} messages, nothing stored but the message")
            .Add("jobs_per_second", "messages/s from first publish to last consume, median", Percentiles.Median(speeds), "messages/s",
                note: "rounds: " + string.Join(' ', speeds.Select(ReportTable.Number)))
            .Note($"{Publishers} concurrent publishers with publisher confirms, persistent messages, durable queue, prefetch {Prefetch}, default JSON envelope, no-op consumer");
        await measurement.Finish(section, options.RawMessages * options.Rounds, 0, ct);
        return section;
    }

    async Task<TimeSpan> Round(IBus bus, NoOpConsumer consumer, CancellationToken ct)
    {
        var countdown = consumer.Countdown = new Countdown(options.RawMessages);
        var start = TimeProvider.System.GetTimestamp();
        await Parallel.ForAsync(0, options.RawMessages, new ParallelOptions { MaxDegreeOfParallelism = Publishers, CancellationToken = ct },
            async (i, token) => await bus.Publish(new RawJob(Guid.CreateVersion7(), i, "hello"), token));
        await countdown.Done.WaitAsync(TimeSpan.FromMinutes(5), ct);
        return TimeProvider.System.GetElapsedTime(start);
    }

    async Task RemoveTopology()
    {
        using var broker = new BrokerMeter(stack.Env);
        var vhost = Uri.EscapeDataString(stack.Env.RabbitMq.AbsolutePath is "/" or "" ? "/" : Uri.UnescapeDataString(stack.Env.RabbitMq.AbsolutePath[1..]));
        await broker.Delete($"/api/queues/{vhost}/{Queue}", CancellationToken.None);
        await broker.Delete($"/api/exchanges/{vhost}/{Queue}", CancellationToken.None);
        await broker.Delete($"/api/exchanges/{vhost}/{Uri.EscapeDataString($"{typeof(RawJob).Namespace}:{nameof(RawJob)}")}", CancellationToken.None);
    }

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
