using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Bus.Notifications;
using JobSystem.ServiceDefaults.Duties;
using MassTransit;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>
/// The steps that all instances publish, while somebody streams them and a little longer: then this instance has a queue of its own, which
/// the broker removes with it. Nobody streams, nobody pays.
/// </summary>
public sealed class EventFeed(IServiceProvider services, WantedMessages wanted, IOptions<StreamOptions> options, TimeProvider time) :
    BackgroundDuty, IReceiveEndpointObserver, IDisposable
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(5);
    static readonly TimeSpan linger = TimeSpan.FromMinutes(2);
    static readonly TimeSpan look = TimeSpan.FromSeconds(10);

    // Lazy, because the bus is still being built when this is created
    readonly Lazy<IBus> bus = new(services.GetRequiredService<IBus>);
    readonly SemaphoreSlim turn = new(1, 1);
    HostReceiveEndpointHandle? endpoint;
    IDisposable? wish;
    long idleSince = time.GetTimestamp();
    int readers;
    int timesReady;

    public EventRing Ring { get; } = new(options.Value.Backlog, options.Value.BacklogBytes);

    /// <summary>Starts collecting published events until the result is disposed.</summary>
    /// <exception cref="StoreUnavailableException">The broker is away.</exception>
    public async Task<IDisposable> Open(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            wish ??= wanted.Want<JobEvents>();
            endpoint ??= Connect();
            await endpoint.Ready.WaitAsync(patience, time, cancellationToken);
            Interlocked.Increment(ref readers);
            return new Reader(this);
        }
        catch (TimeoutException exception)
        {
            throw new StoreUnavailableException("The message broker is currently unreachable.", exception);
        }
        finally
        {
            turn.Release();
        }
    }

    HostReceiveEndpointHandle Connect()
    {
        timesReady = 0;
        return bus.Value.ConnectReceiveEndpoint(new TemporaryEndpointDefinition("job-events"), KebabCaseEndpointNameFormatter.Instance, endpoint =>
        {
            endpoint.PublishFaults = false;
            endpoint.PrefetchCount = 32;
            // One at a time, to keep the order of each job's steps
            endpoint.ConcurrentMessageLimit = 1;
            endpoint.DiscardFaultedMessages();
            endpoint.DiscardSkippedMessages();
            endpoint.ConnectReceiveEndpointObserver(this);
            endpoint.Handler<JobEvents>(x =>
            {
                Ring.Add(x.Message.Items);
                return Task.CompletedTask;
            });
        });
    }

    protected override Task Begin(CancellationToken cancellationToken)
    {
        wanted.Interrupted += Ring.Break;
        return Task.CompletedTask;
    }

    protected override Task Wait(CancellationToken stoppingToken) => Task.Delay(look, time, stoppingToken);

    protected override async Task Work(CancellationToken stoppingToken)
    {
        await turn.WaitAsync(stoppingToken);
        try
        {
            if (endpoint is not null && Volatile.Read(ref readers) == 0 && time.GetElapsedTime(Interlocked.Read(ref idleSince)) > linger)
            {
                await endpoint.StopAsync(stoppingToken);
                endpoint = null;
                wish?.Dispose();
                wish = null;
                Ring.Break();
            }
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>After the first call: the connection and the queue were lost and have been recreated.</summary>
    public Task Ready(ReceiveEndpointReady ready)
    {
        if (Interlocked.Increment(ref timesReady) > 1)
        {
            Ring.Break();
        }
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;

    void Close()
    {
        Interlocked.Exchange(ref idleSince, time.GetTimestamp());
        Interlocked.Decrement(ref readers);
    }

    public void Dispose() => turn.Dispose();

    sealed class Reader(EventFeed feed) : IDisposable
    {
        EventFeed? feed = feed;

        public void Dispose() => Interlocked.Exchange(ref feed, null)?.Close();
    }
}
